// Texts of the frame around the pages.
export const text = {
  product: 'mirrorlake',
  documentTitle: (page: string) => `${page} · mirrorlake`,
  navigation: 'Pages',
  sections: {
    library: 'Library',
    overview: 'Overview',
    datasources: 'Datasources',
    connections: 'Connections',
    projects: 'Projects',
    labels: 'Labels',
    runs: 'Runs',
    jobs: 'Jobs',
    settings: 'Settings',
  },
  account: {
    operator: 'Operator',
    title: (name: string, role?: string) =>
      role === undefined ? `Signed in as ${name}` : `Signed in as ${name}, ${role}`,
    signOut: 'Sign out',
    workspace: 'Workspace',
  },
  away: {
    label: 'Connection',
    detail: 'The server does not answer. What is shown may be out of date until it does.',
  },
  sessionEnded: {
    title: 'Your session has ended',
    detail: 'Sign in again: this page stays as it is, with what was typed.',
    again: 'Sign in again',
  },
  invitation: {
    title: 'Set your password',
    password: 'New password, at least 12 characters',
    again: 'The same password again',
    action: 'Set password and sign in',
    different: 'The two passwords are different.',
  },
  notFound: {
    title: 'Page not found',
    detail: 'There is no page at {path}. {library}',
    library: 'Go to the library',
  },
  broken: {
    title: 'This page could not be displayed',
    retry: 'Reload',
  },
  shortcuts: 'Keyboard shortcuts',
};

export type Section = keyof typeof text.sections;
