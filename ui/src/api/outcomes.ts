// Made by scripts/openapi.py from the table of outcome kinds (model/outcomes.py).
export const OUTCOMES = {
  new: { label: 'new', tone: 'good' },
  changed: { label: 'changed', tone: 'busy' },
  metadata_changed: { label: 'metadata changed', tone: 'busy' },
  labels_changed: { label: 'labels changed', tone: 'busy' },
  moved: { label: 'moved', tone: 'busy' },
  missing: { label: 'missing', tone: 'warn', preview: 'orphaned' },
  removed: { label: 'removed', tone: 'warn', preview: 'orphaned' },
  unchanged: { label: 'unchanged', tone: 'calm', countedOnly: true },
  skipped: { label: 'skipped', tone: 'calm' },
  rejected: { label: 'rejected', tone: 'warn' },
  failed: { label: 'failed', tone: 'bad' },
} as const;
