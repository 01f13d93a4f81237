// Made by scripts/openapi.py from the table of outcome kinds (model/outcomes.py).
export const OUTCOMES = [
  { kind: 'new', name: 'new', tone: 'good', listed: true, sample: 'new' },
  { kind: 'changed', name: 'changed', tone: 'busy', listed: true, sample: 'changed' },
  { kind: 'metadata_changed', name: 'metadata changed', tone: 'busy', listed: true, sample: 'metadata_changed' },
  { kind: 'labels_changed', name: 'labels changed', tone: 'busy', listed: false, sample: null },
  { kind: 'moved', name: 'moved', tone: 'busy', listed: true, sample: 'moved' },
  { kind: 'missing', name: 'missing', tone: 'warn', listed: true, sample: 'orphaned' },
  { kind: 'removed', name: 'removed', tone: 'warn', listed: true, sample: 'orphaned' },
  { kind: 'unchanged', name: 'unchanged', tone: 'calm', listed: false, sample: null },
  { kind: 'skipped', name: 'skipped', tone: 'calm', listed: true, sample: 'skipped' },
  { kind: 'failed', name: 'failed', tone: 'bad', listed: true, sample: null },
] as const;
