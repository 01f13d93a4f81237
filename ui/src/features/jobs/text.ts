// Texts of the jobs.
import { bytes, count, plural } from '../../components/format';

export const text = {
  title: 'Jobs',
  subtitle:
    'What the server does besides runs, newest first: edits of many assets, exports, imports, previews and checks. {runs} have a page of their own.',
  runs: 'Runs',
  none: 'No jobs yet.',
  columns: {
    job: 'Job',
    kind: 'Kind',
    subject: 'Subject',
    state: 'State',
    created: 'Requested',
    progress: 'Progress',
    actions: 'Actions',
  },
  job: (id: number) => `Job ${id}`,
  wholeLibrary: 'the library',
  requestedBy: (name: string) => `by ${name}`,
  waiting: (reason: string) => `Waiting: ${reason}`,
  progress: (step: string, done: number, total: number | null, unit: string) =>
    total === null ? `${step}: ${count(done)} ${unit}` : `${step}: ${count(done)} of ${count(total)} ${unit}`,
  starting: 'Starting…',
  took: (duration: string) => `took ${duration}`,
  read: (duration: string, requests: number, size: number) =>
    `took ${duration}, ${plural(requests, { one: '# request', other: '# requests' })}, ${bytes(size)} read`,
  cancelJob: (id: number) => `Cancel job ${id}`,
  cancelling: 'Cancelling…',
  undoJob: (id: number) => `Undo job ${id}`,
};
