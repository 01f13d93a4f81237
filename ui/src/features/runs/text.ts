// Texts of the runs.
import { bytes, count, plural } from '../../components/format';

export const text = {
  title: 'Runs',
  subtitle: 'All runs, newest first',
  columns: {
    run: 'Run',
    state: 'State',
    datasource: 'Datasource',
    started: 'Started',
    duration: 'Duration',
    objects: 'Objects',
    outcomes: 'Outcomes',
  },
  noChanges: 'no changes',
  queuedBecause: (reason: string) => `Queued: ${reason}`,
  hold: {
    held: (number: number) => `${count(number)} held`,
    confirmed: (number: number, run: number) => `${count(number)} held, confirmed by run ${run}`,
    superseded: (number: number, run: number) => `${count(number)} held, superseded by run ${run}`,
  },

  run: {
    title: (id: number) => `Run ${id}`,
    queued: '{datasource}, {trigger}, queued {when}',
    running: '{datasource}, {trigger}, started {when}, running for {duration}',
    finished: '{datasource}, {trigger}, started {when}, took {duration}',
    confirms: 'This run removes the assets that were confirmed in {run}.',
    queuedTitle: 'Queued',
    noWorkerTitle: 'Queued: no worker is running',
    stalledTitle: (ago: string) => `Stalled: the last progress was ${ago}`,
    stalled:
      'Its worker may hang, or wait for a source that does not answer. If this goes on, cancel the run and start another one: everything committed so far is kept.',
    failed: {
      title: 'Run failed',
      next: 'Everything committed so far is kept. The next run continues from there.',
    },
    cancelled: {
      title: 'Run cancelled',
      next: 'Everything committed so far is kept. The next run continues from there.',
    },
    incomplete: {
      title: 'The listing is incomplete',
      next: 'Nothing was marked missing in the parts that could not be listed. All other changes were applied.',
    },
    notesTitle: (selected: number, limited: boolean) =>
      limited ? 'A limit of the workspace was reached' : selected === 0 ? 'Nothing was selected' : 'To be looked at',
    cancel: 'Cancel run',
    cancelling: 'Cancelling…',
    cancelNote: 'Changes committed so far are kept.',
    retry: (number: number) => plural(number, { one: 'Retry # failed object', other: 'Retry # failed objects' }),
    retrying: 'Starting…',
  },

  counts: {
    listed: 'listed',
    selected: 'selected',
    labelProblems: 'label problems',
    server: (server: string) => `Server: ${server}`,
    requests: (list: number, get: number, head: number, read: number) => {
      const requests = [
        { method: 'LIST', number: list },
        { method: 'GET', number: get },
        { method: 'HEAD', number: head },
      ].filter(({ number }) => number > 0);
      if (requests.length === 0) return 'No requests to the source.';
      const total = list + get + head;
      const noun = plural(total, { one: 'request', other: 'requests' });
      const listed = requests.map(({ method, number }) => `${count(number)} ${method}`).join(', ');
      return read > 0 ? `${listed} ${noun}, ${bytes(read)} read` : `${listed} ${noun}`;
    },
  },

  outcomes: {
    title: 'Outcomes',
    filter: 'Filter by outcome',
    all: 'All',
    none: 'No details: unchanged objects are only counted.',
    region: 'Objects',
    columns: { outcome: 'Outcome', object: 'Object', reason: 'Reason' },
    stages: new Map([
      ['fetch', 'while reading it'],
      ['identify', 'while recognising its format'],
      ['probe', 'while reading its facts'],
      ['decode', 'while decoding it'],
      ['policy', 'a policy of the datasource'],
      ['sidecar', 'its sidecar'],
    ]),
  },

  held: {
    title: (number: number) =>
      number > 0
        ? plural(number, { one: '# removal held for confirmation', other: '# removals held for confirmation' })
        : 'Run held for confirmation',
    closedTitle: (number: number) => plural(number, { one: '# removal was held', other: '# removals were held' }),
    confirmedTitle: (number: number) =>
      plural(number, { one: '# removal was held and confirmed', other: '# removals were held and confirmed' }),
    confirmedBy: '{run} carried out the removals.',
    supersededBy: 'No action was taken. {run} re-evaluated them.',
    dismissed: 'No action was taken: the removals were dismissed.',
    outsideFolders: 'not in a folder',
    moreFolders: (number: number) => plural(number, { one: 'and # more folder', other: 'and # more folders' }),
    explanation:
      'Nothing has been removed yet. Each object is checked once more before its asset is removed. The source itself is never changed.',
    what: 'removals',
    confirm: 'Confirm removals',
    dismiss: 'Dismiss',
    dismissNote: 'No action is taken now; the next run re-evaluates them.',
    asCommand: 'Confirm from the command line',
  },
};
