// Texts of the view of a text.
export const text = {
  views: 'Show it as',
  view: { page: 'Page', source: 'Source' },
  page: (name: string) => `${name} as a page`,
  inert: 'Scripts do not run here, and nothing that the page links to is loaded.',
  loading: 'Loading…',
  unavailable: 'The text could not be loaded.',
  retry: 'Try again',
  cut: 'This is its beginning. Open the original to read all of it.',
};
