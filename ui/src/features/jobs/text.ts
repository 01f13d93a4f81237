// Texts of the jobs.
import { count } from '../../components/format';

export const text = {
  title: 'Jobs',
  subtitle: 'Previews, checks and thumbnail work, newest first. {runs} have a page of their own.',
  runs: 'Runs',
  none: 'No jobs yet. Previews, `mirrorlake verify` and `mirrorlake thumbnails` appear here.',
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
  cancel: 'Cancel',
  cancelJob: (id: number) => `Cancel job ${id}`,
  cancelling: 'Cancelling…',
};
