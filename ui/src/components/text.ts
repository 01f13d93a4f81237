// Texts of the shared components.
import { count, plural } from './format';

export const text = {
  close: 'Close',
  working: 'Working…',
  unexpectedError: 'Unexpected error',
  copy: { action: 'Copy', done: 'Copied', manually: 'Select it manually', label: (what: string) => `Copy ${what}` },
  theCommand: 'the command',
  run: (id: number) => `Run ${id}`,
  confirmCount: (number: number, what: string) => `To confirm, type the number of ${what}: **${count(number)}**`,
  assets: (number: number) => plural(number, { one: '# asset', other: '# assets' }),
  firstBucket: {
    title: 'Mirror your first bucket',
    explanation:
      'The library is empty. Point mirrorlake at a bucket or a folder of images. The source is only read, never changed.',
    commands: ['mirrorlake mirror s3://your-bucket/photos/', 'mirrorlake mirror file:///path/to/photos'],
    afterwards: 'Images appear here during the run. Later runs process only what changed.',
  },
  signIn: {
    token: 'Access token',
    action: 'Sign in',
    refused: 'The server did not accept this token. Copy it from the output of `mirrorlake up`.',
  },
};
