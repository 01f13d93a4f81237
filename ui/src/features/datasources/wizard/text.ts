// Texts of the wizard that adds a datasource.
import type { LeftOutKind, MediaKind } from '../../../api/client';
import { count, plural } from '../../../components/format';
import type { Step } from './wizard';

export const text = {
  title: 'Add a datasource',
  back: 'Datasources',
  noPermission: 'You may look at datasources, but not add one. Ask a developer or an owner of this workspace.',
  steps: {
    connection: 'Connection',
    location: 'Location and patterns',
    settings: 'Settings',
  } satisfies Record<Step, string>,
  stepsLabel: 'Steps',
  next: 'Next',
  previous: 'Back',

  connection: {
    legend: 'How is the storage reached?',
    bucket: (bucket: string) => `Bucket ${bucket}`,
    noBucket: 'Any bucket',
    fresh: { label: 'New connection', note: 'Store the credentials of a cloud or a server' },
    server: { label: 'Identity of the server', note: 'An address, with the credentials of the server itself' },
    folder: { label: 'A folder of the server', note: (roots: string[]) => `Below ${roots.join(', ')}` },
    noFolder: 'Folders of the server can be mirrored once its operator allows them: `MIRRORLAKE_LOCAL_ROOTS`.',
    check: 'Check it',
    again: 'Check again',
    edit: 'Edit',
    open: 'Page of the connection',
  },

  location: {
    bucket: 'Bucket',
    container: 'Container',
    folder: { label: 'Folder', hint: 'Leave it empty for the whole bucket.', placeholder: 'photos/2026/' },
    path: { label: 'Path of the folder', placeholder: '/data/photos' },
    address: {
      label: 'Address',
      hint: 'The server uses its own credentials. For others, make a connection.',
      placeholder: 's3://bucket/folder/',
    },
    only: {
      label: 'Only these patterns',
      hint: 'One a line. `*` matches within a folder, `**` across folders: `site-a/**` or `**/*.jpg`. Empty: everything.',
      placeholder: '**/*.jpg',
    },
    except: { label: 'Except', hint: 'One a line: `**/raw/**` or `tmp*/**`.', placeholder: '**/raw/**' },
    media: 'Kinds of files',
    kinds: {
      image: 'Images',
      video: 'Videos',
      document: 'Documents',
      audio: 'Audio',
      text: 'Text',
    } satisfies Record<MediaKind, string>,
  },

  preview: {
    title: 'Preview',
    waitingForAddress: 'Enter the location to see what a run would read there. Nothing is stored.',
    waiting: (reason: string) => `Waiting: ${reason}`,
    listing: (listed: number) => `Listing… ${count(listed)} objects so far`,
    starting: 'Listing…',
    complete: 'Whole location listed',
    stopped: 'Stopped early: these numbers are of a part',
    stop: 'Stop',
    again: 'List again',
    selected: 'would be read',
    skipped: 'left out',
    size: 'to read',
    estimate: (requests: number, seconds: string) =>
      `The first run will send about ${plural(requests, { one: '# request', other: '# requests' })} and take about ${seconds}.`,
    cost: (low: string, high: string) =>
      `It will cost about ${low} in the region of the bucket, ${high} outside of its cloud.`,
    sidecars: (paired: number, unpaired: number) =>
      unpaired === 0
        ? plural(paired, { one: '# metadata file belongs to an object.', other: '# metadata files belong to objects.' })
        : `${count(paired)} metadata files belong to objects, ${count(unpaired)} to none.`,
    selectedGroup: (number: number) => `${count(number)} would be read`,
    leftOut: {
      folder_marker: { one: '# is a folder marker', other: '# are folder markers' },
      unsupported: { one: '# has no supported or chosen format', other: '# have no supported or chosen format' },
      no_pattern: { one: '# matches no pattern', other: '# match no pattern' },
      excluded: { one: '# is excluded', other: '# are excluded' },
      empty: { one: '# is empty', other: '# are empty' },
      archived: { one: '# is archived: it cannot be read', other: '# are archived: they cannot be read' },
      unusable: { one: '# cannot be stored', other: '# cannot be stored' },
    } satisfies Record<LeftOutKind, { one: string; other: string }>,
    more: (number: number) => `and ${count(number)} more`,
    formats: 'Formats',
    folders: 'Folders',
    formatColumns: ['Format', 'Selected', 'Objects', 'Size'],
    folderColumns: ['Folder', 'Selected', 'Objects', 'Size'],
    rootFolder: 'directly here',
    otherFolders: (number: number) => plural(number, { one: '# more folder', other: '# more folders' }),
    nothing: 'Nothing would be read. Change the patterns or the kinds of files.',
  },

  settings: {
    name: { label: 'Name', hint: 'Empty: made of the address.', placeholder: 'site-a' },
    create: 'Create and run now',
    createOnly: 'Create without a run',
    creating: 'Creating…',
    summary: 'What is created',
    address: 'Address',
    via: 'Connection',
    own: 'identity of the server',
    patterns: 'Patterns',
    everything: 'everything',
    except: 'Except',
    paths: 'Exact keys',
    file: 'File of patterns',
    media: 'Kinds of files',
  },
};
