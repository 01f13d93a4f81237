// Texts of calling a function again.
export const retry = {
  failed: 'Retry failed calls',
  short: 'Call again',
  again: (name: string) => `Call ${name} again`,
  doing: (name: string) => `Calling ${name}…`,
  done: (name: string) => `${name} was called again.`,
};
