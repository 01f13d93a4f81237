// A state at a glance: colour and word together, never colour alone.
import { OUTCOMES } from '../api/outcomes';

const TONES: Record<string, string> = {
  present: 'good',
  succeeded: 'good',
  running: 'busy',
  queued: 'calm',
  held: 'warn',
  missing: 'warn',
  failed: 'bad',
  cancelled: 'calm',
  trash: 'calm',
  ...Object.fromEntries(OUTCOMES.map(({ kind, tone }) => [kind, tone])),
};

export function Badge({ state }: { state: string }) {
  return <span className={`badge ${TONES[state] ?? 'calm'}`}>{state.replaceAll('_', ' ')}</span>;
}
