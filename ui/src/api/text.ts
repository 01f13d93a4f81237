// Texts of the REST client.
export const text = {
  noAnswer: {
    title: 'Server not reachable',
    detail: 'The mirrorlake server does not answer.',
    fix: 'Start it with `mirrorlake up`. This page reconnects automatically.',
  },
  newVersion: {
    title: 'There is a new version of mirrorlake',
    detail: 'The server was updated after this page was opened. Reload the page to go on.',
  },
  mustReload: {
    title: 'Reload this page',
    detail: 'A part of it could not be loaded while the server was away.',
  },
  unexpectedAnswer: {
    title: 'Unexpected answer',
    detail: (status: number) => `The server answered with status ${status}.`,
  },
};
