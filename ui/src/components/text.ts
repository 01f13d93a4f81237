// Texts of the shared components.
import { count, plural } from './format';

export const text = {
  close: 'Close',
  cancel: 'Cancel',
  working: 'Working…',
  loading: 'Loading…',
  more: 'Show more',
  reload: 'Reload',
  required: (label: string) => `${label} *`,
  unexpectedError: 'Unexpected error',
  copy: { action: 'Copy', done: 'Copied', manually: 'Select it manually', label: (what: string) => `Copy ${what}` },
  theCommand: 'the command',
  job: {
    waiting: (reason: string) => `Waiting: ${reason}`,
    progress: (step: string, done: number, total: number | null, unit: string) =>
      total === null ? `${step}: ${count(done)} ${unit}` : `${step}: ${count(done)} of ${count(total)} ${unit}`,
    cancel: 'Cancel job',
  },
  run: (id: number) => `Run ${id}`,
  confirmCount: (number: number, what: string) => `To confirm, type the number of ${what}: **${count(number)}**`,
  assets: (number: number) => plural(number, { one: '# asset', other: '# assets' }),
  upright: {
    label: 'Turn copied images upright',
    hint: 'For programs that ignore EXIF: images that a camera held sideways are written again with turned pixels. Without it, files are copied byte for byte.',
  },
  toasts: {
    label: 'Notifications',
    dismiss: 'Dismiss',
    undo: 'Undo',
    progress: 'Progress',
    of: (done: number, total: number) => `${count(done)} of ${count(total)}`,
    failed: 'This failed.',
    cancelled: 'Cancelled.',
    cancelledMidway: 'Cancelled. What was changed stays, and can be undone.',
    undoing: 'Undoing…',
    undone: (result: Record<string, unknown>) =>
      plural(typeof result.restored === 'number' ? result.restored : 0, {
        one: '# asset is as it was before.',
        other: '# assets are as they were before.',
      }),
    download: (name: string) => `Download ${name}`,
    files: (number: number) => plural(number, { one: '# file to download', other: '# files to download' }),
  },
  firstBucket: {
    title: 'Mirror your first bucket',
    explanation:
      'The library is empty. Point mirrorlake at a bucket or a folder of images. The source is only read, never changed.',
    commands: ['mirrorlake mirror s3://your-bucket/photos/', 'mirrorlake mirror file:///path/to/photos'],
    action: 'Add a datasource',
    orCommand: 'Or from the command line:',
    afterwards: 'Images appear here during the run. Later runs process only what changed.',
  },
  signIn: {
    title: 'Sign in to mirrorlake',
    lead: 'No account? Ask an owner of the library for an invitation. `mirrorlake up` prints an address that signs its operator in.',
    name: 'Name',
    password: 'Password',
    useToken: 'Use the access token instead',
    usePassword: 'Use a name and password instead',
    provider: (host: string) => `Sign in with ${host}`,
    providerErrors: {
      'not-invited': 'The identity provider knows you, but nobody has invited you here. Ask an owner of the library.',
      expired: 'This sign-in took too long or began in another browser. Sign in again.',
      refused: 'The identity provider did not sign you in. Try again, or ask the operator of this server.',
      unreachable: 'The identity provider cannot be reached. Try again later.',
      busy: 'Too many people are signing in. Try again in a minute.',
    },
    token: 'Access token',
    action: 'Sign in',
    refused: 'The server did not accept this token. Copy it from the output of `mirrorlake up`.',
  },
};
