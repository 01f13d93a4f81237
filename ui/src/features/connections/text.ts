// Texts of the connections.
import { plural } from '../../components/format';

export const text = {
  title: 'Connections',
  number: (number: number) => plural(number, { one: '# connection', other: '# connections' }),
  add: 'Add connection',
  empty: {
    title: 'No connections yet',
    detail:
      'A connection stores how to reach a cloud: its server and its credentials, encrypted. Any number of datasources use it.',
  },
  noPermission: 'You may look at connections, but not add or change them.',
  columns: { name: 'Name', kind: 'Access', scope: 'Bucket', datasources: 'Used by', health: 'Health' },
  unused: 'no datasource',
  used: (number: number) => plural(number, { one: '# datasource', other: '# datasources' }),
  addTitle: 'New connection',
  addLead: 'Choose where the storage is. Adding a connection sends no request; you check it on its page.',
  back: 'Connections',
  facts: {
    title: 'Settings',
    kind: 'Access',
    stored: 'stored, encrypted',
    reference: (place: string) => `read from ${place}`,
    created: 'Created',
    trusted: 'Addresses',
    trustedNote: 'chosen by an operator; private ones are allowed',
    yes: 'yes',
  },
  edit: 'Edit',
  usedBy: { title: 'Used by', none: 'No datasource uses it yet.', add: 'Add a datasource with it' },
  remove: {
    action: 'Delete',
    title: (name: string) => `Delete the connection ${name}?`,
    detail: 'Its secrets are deleted with it. Buckets are not changed.',
    inUse: (names: string[]) =>
      `It cannot be deleted while datasources use it: ${names.join(', ')}. Delete them, or give them another connection.`,
    confirm: 'Delete connection',
  },
};
