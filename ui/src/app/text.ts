// Texts of the frame around the pages.
export const text = {
  product: 'mirrorlake',
  documentTitle: (page: string) => `${page} · mirrorlake`,
  navigation: 'Pages',
  sections: { library: 'Library', datasources: 'Datasources', runs: 'Runs', jobs: 'Jobs' },
  notFound: {
    title: 'Page not found',
    detail: 'There is no page at {path}. {library}',
    library: 'Go to the library',
  },
  broken: {
    title: 'This page could not be displayed',
    retry: 'Reload',
  },
  shortcuts: {
    title: 'Keyboard shortcuts',
    open: 'Keyboard shortcuts',
    groups: [
      {
        name: 'Everywhere',
        keys: [
          { keys: ['?'], action: 'Show this list' },
          { keys: ['Esc'], action: 'Close a dialog or an asset' },
          { keys: ['Tab'], action: 'Go to the next control' },
        ],
      },
      {
        name: 'Library',
        keys: [
          { keys: ['/'], action: 'Edit the query' },
          { keys: ['Enter'], action: 'Go from the query to the results, or open an asset' },
          { keys: ['←', '→', '↑', '↓'], action: 'Move between assets' },
          { keys: ['Page Up', 'Page Down'], action: 'Move by one screen' },
          { keys: ['Home', 'End'], action: 'Go to the first or last asset' },
        ],
      },
      {
        name: 'Open asset',
        keys: [{ keys: ['←', '→'], action: 'Previous or next asset' }],
      },
    ],
  },
};

export type Section = keyof typeof text.sections;
