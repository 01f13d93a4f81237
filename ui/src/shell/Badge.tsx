// A state at a glance: colour and word together, never colour alone.
const TONES: Record<string, string> = {
  present: 'good',
  succeeded: 'good',
  running: 'busy',
  queued: 'calm',
  held: 'warn',
  missing: 'warn',
  removed: 'warn',
  failed: 'bad',
  cancelled: 'calm',
  trash: 'calm',
  new: 'good',
  changed: 'busy',
  moved: 'busy',
  metadata_changed: 'busy',
  labels_changed: 'busy',
  skipped: 'calm',
  unchanged: 'calm',
};

export function Badge({ state }: { state: string }) {
  return <span className={`badge ${TONES[state] ?? 'calm'}`}>{state.replaceAll('_', ' ')}</span>;
}
