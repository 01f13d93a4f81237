// Texts of the datasources.
import { bytes, count, plural } from '../../components/format';
import type { Form } from './schedule';

export const text = {
  title: 'Datasources',
  number: (number: number) => plural(number, { one: '# datasource', other: '# datasources' }),

  card: {
    patterns: (globs: string[]) => `Only ${globs.join(', ')}`,
    neverRun: 'Never run',
    lastRun: (run: number, ago: string) => `Run ${run}, ${ago}`,
    progress: (listed: number, selected: number) => `${count(listed)} listed, ${count(selected)} selected`,
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
    what: 'assets to delete',
    confirm: 'Delete permanently',
    view: 'View the trash',
    viewNote: '{link} first. Restored assets are kept.',
  },

  deletion: {
    title: (name: string) => `Delete the datasource ${name}?`,
    counting: 'Counting…',
    total: (number: number) =>
      plural(number, { one: 'It has # asset, which is:', other: 'It has # assets, of which are:' }),
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
      trash: 'The settings of this datasource move orphaned assets to the trash, from which they can be restored.',
      remove:
        'The settings of this datasource delete orphaned assets, except those used by a project or another datasource.',
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
    cancel: 'Cancel',
    save: 'Save',
    saving: 'Saving…',
    summary: {
      off: 'Manual only',
      hours: (hours: number) => plural(hours, { one: 'Every hour', other: 'Every # hours' }),
      daily: (time: string, zone: string) => `Daily at ${time}, ${zone}`,
      cron: (expression: string, zone: string) => `Cron ${expression}, ${zone}`,
    },
  },
};
