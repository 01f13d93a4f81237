// Texts of the datasources.
import type { Depth, MediaKind, MetadataStrategy, NamingStrategy, Orphans, ReceiverKind } from '../../api/client';
import { bytes, count, plural } from '../../components/format';
import type { Form } from './schedule';
import type { DatasourceTab } from './tabs';

export const text = {
  title: 'Datasources',
  number: (number: number) => plural(number, { one: '# datasource', other: '# datasources' }),

  card: {
    patterns: (globs: string[]) => `Only ${globs.join(', ')}`,
    neverRun: 'Never run',
    lastRun: (run: number, ago: string) => `Run ${run}, ${ago}`,
    noAssets: 'No assets yet',
    noAssetsReason: 'No run has completed yet.',
    viewAssets: (name: string) => `View the assets of ${name}`,
    nextRun: (ago: string) => `Next run ${ago}`,
    waiting: (run: number, reason: string) => `Run ${run} is queued: ${reason}`,
    run: 'Run',
    runNow: 'Run now',
    runAnyway: 'Run anyway',
    runAnywayNote: 'Run now, although a run imported something less than an hour ago. This is recorded.',
    starting: 'Starting…',
    preview: 'Preview',
    schedule: 'Schedule',
    emptyTrash: 'Empty trash',
    delete: 'Delete',
  },
  runDisabled: {
    coolingDown: (minutes: number) =>
      plural(minutes, { one: 'Available in # minute', other: 'Available in # minutes' }),
    running: 'Run in progress',
    queued: 'Queued',
    noWorker: 'Queued: no worker is running',
  },

  preview: {
    title: (name: string) => `Preview of a run of ${name}`,
    listing: 'Listing the source…',
    waiting: (reason: string) => `Waiting: ${reason}`,
    summary: (listed: number, selected: number) =>
      `${plural(listed, { one: '# object', other: '# objects' })} listed, ${count(selected)} selected.`,
    noChanges: 'A run would change nothing.',
    changes: 'A run would find:',
    group: (number: number, label: string) => `${count(number)} ${label}`,
    more: (number: number) => `and ${count(number)} more`,
    held: (number: number) => plural(number, { one: '# removal would be held', other: '# removals would be held' }),
    cost: (list: number, get: number, head: number, read: number) => {
      const requests = [
        [list, 'LIST'],
        [get, 'GET'],
        [head, 'HEAD'],
      ] as const;
      const needed = requests.filter(([number]) => number > 0).map(([number, method]) => `${count(number)} ${method}`);
      const noun = plural(list + get + head, { one: 'request', other: 'requests' });
      return `A run would make ${needed.join(', ') || 'no'} ${noun} and read ${bytes(read)}. Nothing was stored.`;
    },
  },

  purge: {
    title: (name: string) => `Empty the trash of ${name}?`,
    days: 'Keep assets modified within the last {input} days',
    daysLabel: 'Days',
    invalid: (most: number) => `Enter a number of days from 0 to ${count(most)}.`,
    counting: 'Counting…',
    none: (days: number) =>
      plural(days, {
        one: 'No trashed assets older than # day can be deleted.',
        other: 'No trashed assets older than # days can be deleted.',
      }),
    found: (number: number) =>
      plural(number, {
        one: '# asset is used by no project and no other datasource. It is deleted permanently, after another check that its object is gone. The source itself is never changed.',
        other:
          '# assets are used by no project and no other datasource. They are deleted permanently, each after another check that its object is gone. The source itself is never changed.',
      }),
    work: (number: number, kinds: string) =>
      `${plural(number, {
        one: '# of them goes with the work of people',
        other: '# of them go with the work of people',
      })} (${kinds}), which is lost.`,
    what: 'assets to delete',
    confirm: 'Delete permanently',
    view: 'View the trash',
    viewNote: '{link} first. Restored assets are kept.',
  },

  deletion: {
    title: (name: string) => `Delete the datasource ${name}?`,
    counting: 'Counting…',
    total: (number: number) => plural(number, { one: 'Its only asset is:', other: 'Of its # assets:' }),
    none: 'It has no assets.',
    removed: 'deleted permanently',
    trashed: 'moved to the trash',
    kept: 'kept',
    handedOver: (number: number) =>
      plural(number, {
        one: '# of them is shared. Another datasource has the same object and takes the asset over.',
        other: '# of them are shared. Other datasources have the same objects and take the assets over.',
      }),
    orphans: {
      keep: 'The settings of this datasource keep orphaned assets.',
      trash:
        'The settings of this datasource move orphaned assets to the trash, from which they can be restored. Assets in a project stay.',
      remove:
        'The settings of this datasource delete orphaned assets, except those used by a project or another datasource, and those that people worked on.',
    },
    inProjects: (number: number) =>
      plural(number, { one: '# of those kept is in a project.', other: '# of those kept are in a project.' }),
    workedOn: (number: number, kinds: string) =>
      `${plural(number, {
        one: '# of those in the trash has the work of people',
        other: '# of those in the trash have the work of people',
      })} (${kinds}). It is lost when the trash is emptied.`,
    work: {
      annotated: (number: number) => plural(number, { one: '# annotated', other: '# annotated' }),
      edited: (number: number) => plural(number, { one: '# with edited metadata', other: '# with edited metadata' }),
      tagged: (number: number) => plural(number, { one: '# tagged', other: '# tagged' }),
    },
    sourceUntouched: 'The source itself is never changed.',
    what: 'assets affected',
    confirm: 'Delete datasource',
  },

  schedule: {
    title: (name: string) => `Schedule of ${name}`,
    legend: 'Schedule',
    choices: {
      off: 'Manual only',
      hours: 'Every few hours',
      daily: 'Daily',
      cron: 'Cron expression',
    } satisfies Record<Form['kind'], string>,
    hours: 'Hours',
    timeOfDay: 'Time of day',
    timeZone: 'Time zone',
    cron: 'Cron expression',
    incomplete: 'Fill in the field.',
    offNote: 'Runs start only when somebody starts them.',
    next: 'Next runs',
    save: 'Save schedule',
    summary: {
      off: 'Manual only',
      hours: (hours: number) => plural(hours, { one: 'Every hour', other: 'Every # hours' }),
      daily: (time: string, zone: string) => `Daily at ${time}, ${zone}`,
      cron: (expression: string, zone: string) => `Cron ${expression}, ${zone}`,
    },
  },

  settings: {
    orphans: {
      legend: 'When an object disappears from the bucket, or is no longer selected',
      keep: { label: 'Keep the asset', note: 'It is marked missing.' },
      trash: {
        label: 'Move it to the trash',
        note: 'It can be restored. In a project, it is kept and marked missing.',
      },
      remove: {
        label: 'Remove it',
        note: 'For good, unless another datasource uses it. With annotations, tags or edits of people, it goes to the trash. In a project, it is kept and marked missing.',
      },
    } satisfies { legend: string } & Record<Orphans, { label: string; note: string }>,
    suffix: {
      label: 'Suffix of metadata files',
      hint: 'Added to the whole name: `photo.jpg.metadata.json`. Empty: `photo.json` beside `photo.jpg`.',
      placeholder: '.metadata.json',
    },
    baseNameSidecars: {
      label: 'Read photo.json as the metadata of photo.jpg',
      hint: 'Otherwise JSON files are assets, if the datasource selects text.',
    },
    strategy: 'When a metadata file and a person set the same key',
    strategies: {
      mergeBucketWins: 'Merge, the bucket wins',
      mergeUserWins: 'Merge, the person wins',
      overwrite: 'The bucket replaces all metadata',
      untilFirstChange: 'The bucket, until a person changes something',
      append: 'The bucket only adds new keys',
    } satisfies Record<MetadataStrategy, string>,
    naming: 'Names of assets',
    namings: {
      fullPath: 'Whole path',
      fileName: 'File name',
      eTag: 'ETag',
      metadata: 'A value of the metadata',
    } satisfies Record<NamingStrategy, string>,
    namingKey: { label: 'Metadata key of the name', placeholder: 'capture.id' },
    updates: 'Changes in the bucket',
    updateImage: { label: 'Read changed objects again', hint: 'Otherwise an object that was read stays as it was.' },
    updateMetadata: { label: 'Read changed metadata files again', hint: undefined },
    look: {
      legend: 'How much of each object is read',
      full: { label: 'The whole object', note: 'Facts, thumbnails and a digest.' },
      header: { label: 'Only its header', note: 'Facts such as size and camera, but no thumbnails.' },
      none: { label: 'Nothing', note: 'Objects are listed by key and size. They can be read later.' },
    } satisfies { legend: string } & Record<Depth, { label: string; note: string }>,
    pictureText: {
      legend: 'Text in pictures',
      label: 'Read the text in pictures',
      hint: 'A worker reads it after each run, some seconds for each picture. Searches find it with text:word.',
    },
    keywordTags: {
      legend: 'Keywords and captions',
      label: 'Make keywords in the files tags',
      hint: 'Of images with XMP or IPTC. Tags follow the keywords of changed files; tags that people added stay.',
    },
    captionTags: {
      label: 'Make captions in the files tags',
      hint: 'A caption of at most 100 characters becomes one tag. A longer one stays a fact, and a warning of its asset.',
    },
    workers: 'Workers',
    pool: {
      label: 'Pool of workers',
      hint: 'Only workers started with `mirrorlake worker --pool NAME` execute its jobs. Empty: those without a pool of their own.',
      placeholder: 'default',
    },
    policies: {
      legend: 'Reject objects',
      hint: 'An object outside these limits becomes no asset. It is listed with the reason, and considered again when it or a limit changes. Empty: no limit.',
      minWidth: 'Least width, pixels',
      minHeight: 'Least height, pixels',
      maxPixels: 'Most pixels, width times height',
      maxBytes: 'Most bytes',
      maxSeconds: 'Longest video or recording, seconds',
      brands: { label: 'Brands of videos', placeholder: 'mp42, isom' },
      formats: { label: 'Pixel formats of videos', placeholder: 'yuv420p' },
      duplicates: 'Objects with exactly the bytes of an asset of this datasource',
      duplicateChoices: {
        keep: 'become assets of their own',
        skip: 'are left out',
        link: 'are other places of that asset',
      },
      upright: { label: 'Reject pictures that are stored turned', hint: 'Otherwise they are shown upright.' },
    },
    schedule: 'Schedule',
    title: { label: 'Title', hint: 'Shown beside the name.' },
    description: { label: 'Description' },
    metadata: 'Metadata',
    connection: 'Connection',
    morePatterns: 'Exact keys and a file of patterns',
    paths: {
      label: 'Exact keys',
      hint: 'One a line. They are selected too, below the folder of the datasource.',
      placeholder: 'site-a/2026/gate-1.jpg',
    },
    globFile: {
      label: 'File of patterns',
      hint: 'A text file beside the objects, with one pattern a line. It is read again when it changes.',
      placeholder: 'patterns/train.txt',
    },
  },

  configs: {
    title: (number: number, name: string) => `Mirror config ${number}: ${name}`,
    name: { label: 'Name of the config', hint: 'For yourself. It can be empty.' },
    add: 'Add another mirror config',
    note: 'Other objects can then be treated in another way. The first config that selects an object governs it.',
    up: 'Move up',
    down: 'Move down',
    remove: 'Remove',
    of: (action: string, number: number) => `${action}: mirror config ${number}`,
  },

  listing: {
    legend: 'How keys are listed',
    order: { label: 'Order of the listing', hint: 'A wrong order is noticed, and ends the run.' },
    orders: {
      usual: 'As its kind of store does',
      ordered: 'In byte order of the keys',
      unordered: 'In any order',
    },
    inventory: {
      label: 'Folder of an S3 Inventory',
      hint: 'A run reads it instead of listing the bucket, if nothing succeeded since it was written.',
      placeholder: 's3://reports/photos/daily/',
    },
  },

  page: {
    parts: 'Parts of this page',
    tabs: {
      overview: 'Overview',
      settings: 'Settings',
      runs: 'Runs',
      health: 'Health',
      events: 'Bucket events',
      activity: 'Activity',
    } satisfies Record<DatasourceTab, string>,
    noPermission: 'You may look at this datasource, but not change it.',
    lastRun: 'Last run',
    held: (number: number) => plural(number, { one: '# removal is held', other: '# removals are held' }),
    decide: 'Look at the plan and decide',
    reasons: 'See why objects failed',
    next: (ago: string, time: string) => `Next run ${ago}: ${time}`,
    paused: (reason: string) => `Paused: ${reason}`,
    facts: {
      title: 'What it mirrors',
      connection: 'Connection',
      none: 'identity of the server',
      endpoint: 'Endpoint',
      patterns: 'Patterns',
      everything: 'everything',
      paths: 'Exact keys',
      globFile: 'File of patterns',
      except: 'Except',
      media: 'Kinds of files',
      orphans: 'Disappeared objects',
      strategy: 'Metadata',
      naming: 'Names',
      config: (number: number, name: string | null) =>
        name === null ? `Mirror config ${number}` : `Mirror config ${number}: ${name}`,
      labels: 'Label files',
      labelsOf: (ontology: string) => `ontology ${ontology}`,
      description: 'Description',
    },
    media: {
      image: 'images',
      video: 'videos',
      document: 'documents',
      audio: 'audio',
      text: 'text',
    } satisfies Record<MediaKind, string>,
    selection: 'Patterns',
    previewSelection: 'Preview patterns',
    previewNote: 'A preview stores nothing.',
    save: 'Save changes',
    saved: 'Saved.',
    saveNote: 'The next run uses them.',
    runColumns: ['Run', 'State', 'Started by', 'Started', 'Duration', 'Outcomes'],
    health: {
      lead: 'Whether a run can succeed: each permission that it needs, tried with a real request on the location and patterns of this datasource.',
      ofConnection: 'The last check of its connection, {link}:',
      uncheckedConnection: 'Its connection, {link}, was never checked.',
    },
    events: {
      lead: 'Messages of the bucket about new, changed and removed objects. They keep the datasource fresh between runs.',
      none: 'Its bucket sends no events: runs find changes by listing. Events make it fresh within seconds.',
      setUp: 'Set up events',
      change: 'Change',
      off: 'Turn off',
      offTitle: (name: string) => `Turn off the events of ${name}?`,
      offDetail: 'Keys that wait for a check are forgotten; the next run finds what they named. Its schedule stays.',
      save: 'Save',
      legend: 'Where events come from',
      choices: {
        sqs: {
          label: 'A queue of Amazon SQS',
          note: 'The bucket sends its notifications to it. The credentials of the datasource need sqs:ReceiveMessage and sqs:DeleteMessage.',
        },
        'azure-queue': {
          label: 'A queue of Azure Storage',
          note: 'Event Grid sends the events of the account to it. The connection needs the role Storage Queue Data Message Processor.',
        },
        pubsub: {
          label: 'A Pub/Sub subscription',
          note: 'The bucket sends its notifications to its topic. The account of the datasource needs the role pubsub.subscriber.',
        },
        webhook: {
          label: 'Signed requests of any system',
          note: 'Whatever writes to the bucket reports its keys to this server.',
        },
      } satisfies Record<ReceiverKind, { label: string; note: string }>,
      addresses: {
        sqs: { label: 'URL of the queue', placeholder: 'https://sqs.eu-west-1.amazonaws.com/123456789012/pictures' },
        'azure-queue': { label: 'URL of the queue', placeholder: 'https://ACCOUNT.queue.core.windows.net/pictures' },
        pubsub: { label: 'Name of the subscription', placeholder: 'projects/PROJECT/subscriptions/pictures' },
      } satisfies Record<Exclude<ReceiverKind, 'webhook'>, { label: string; placeholder: string }>,
      secret: 'Copy the secret that signs requests now. It is not shown again.',
      theSecret: 'the secret',
      endpoint: 'Send requests to this address:',
      theEndpoint: 'the address',
      never: 'never',
      kind: 'Arrive through',
      kinds: {
        sqs: 'a queue of Amazon SQS',
        'azure-queue': 'a queue of Azure Storage',
        pubsub: 'a Pub/Sub subscription',
        webhook: 'a webhook',
      } satisfies Record<ReceiverKind, string>,
      address: 'Address',
      lastEvent: 'Last event',
      lastPoll: 'Last poll',
      waiting: 'Keys that wait for a check',
      received: 'Received',
      foreign: 'About other locations',
      unreadable: 'Unreadable',
    },
    activityLead: 'Who changed this datasource, from which value to which.',
    allRuns: 'All runs of this datasource',
    noActivity: 'Nothing has been changed yet.',
    default: 'default',
    actions: {
      create: 'created it',
      change_settings: 'changed settings',
      delete: 'deleted it',
      force_run: 'started a run during the cooldown',
    } as Record<string, string>,
  },
  add: 'Add datasource',
  viewAllAssets: 'View the assets of all datasources',
};
