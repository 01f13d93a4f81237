// The enumerations of the contract, as pages show them: label, colour and order. A new value is a new row here, except
// for kinds of outcomes, which are made from the table of the library (model/outcomes.py);
// a test compares the rows with ui/openapi.json. Badges, counts, filters and previews follow these tables.
import type { AssetState, DatasourceStatus, Job, JobKind, OutcomeKind, Run, RunCounts, RunState } from './client';
import { OUTCOMES } from './outcomes';

export type Tone = 'good' | 'busy' | 'calm' | 'warn' | 'bad';

interface Row {
  label: string;
  tone: Tone;
}

interface OutcomeRow extends Row {
  /** Outcomes that are only counted, so that there is no list of them to filter. */
  countedOnly?: boolean;
  /** The group under which a preview lists it, where it has not one of its own. */
  preview?: 'orphaned';
}

/** In the order in which reports show them. */
export const OUTCOME_KINDS: Record<OutcomeKind, OutcomeRow> = OUTCOMES;

interface RunStateRow extends Row {
  /** Queued or at work: the run will change without anybody's help. */
  active?: boolean;
}

export const RUN_STATES: Record<RunState, RunStateRow> = {
  queued: { label: 'queued', tone: 'calm', active: true },
  running: { label: 'running', tone: 'busy', active: true },
  held: { label: 'held', tone: 'warn' },
  succeeded: { label: 'succeeded', tone: 'good' },
  failed: { label: 'failed', tone: 'bad' },
  cancelled: { label: 'cancelled', tone: 'calm' },
};

export const ASSET_STATES: Record<AssetState, Row> = {
  present: { label: 'present', tone: 'good' },
  missing: { label: 'missing', tone: 'warn' },
  trash: { label: 'trash', tone: 'calm' },
};

export const DATASOURCE_STATUSES: Record<DatasourceStatus, Row> = {
  running: { label: 'running', tone: 'busy' },
  broken_connection: { label: 'connection broken', tone: 'bad' },
  queued: { label: 'queued', tone: 'calm' },
  held: { label: 'held', tone: 'warn' },
  failed: { label: 'last run failed', tone: 'bad' },
  new: { label: 'never run', tone: 'calm' },
  active: { label: 'active', tone: 'good' },
};

/** What started a run. Open in the contract so far: an unknown trigger is shown by its name. */
export const TRIGGERS: Record<string, { label: string }> = {
  mirror: { label: 'command line' },
  manual: { label: 'manual' },
  schedule: { label: 'scheduled' },
  reapply: { label: 'reapplication of metadata' },
  retry: { label: 'retry' },
  confirm: { label: 'confirmed removals' },
  purge: { label: 'emptying of the trash' },
  events: { label: 'events' },
  reconcile: { label: 'after events' },
};

/** What a job does, as a noun, since every state is shown with it. Open in the contract: an unknown kind is shown by its name. */
export const JOB_KINDS: Record<JobKind, { label: string }> = {
  mirror: { label: 'run' },
  events: { label: 'check of events' },
  receive: { label: 'receipt of events' },
  deliver: { label: 'delivery of webhooks' },
  confirm: { label: 'confirmed removals' },
  retry: { label: 'retry' },
  purge: { label: 'emptying of the trash' },
  reapply: { label: 'reapplication of metadata' },
  preview: { label: 'preview' },
  verify: { label: 'verification' },
  connection_check: { label: 'connection check' },
  location_preview: { label: 'preview of a location' },
  thumbnails_check: { label: 'check of thumbnails' },
  thumbnails_make: { label: 'rebuild of thumbnails' },
  thumbnails_clean: { label: 'cleanup of thumbnails' },
  labels_import: { label: 'import of labels' },
  labels_export: { label: 'export of labels' },
  assets_export: { label: 'export of assets' },
  edit: { label: 'bulk edit' },
  undo: { label: 'undo of a bulk edit' },
  function: { label: 'call of a function' },
  discard_files: { label: 'deletion of files of a workspace' },
  project_split: { label: 'division of a project' },
  split_assign: { label: 'assignment of splits' },
  snapshot_create: { label: 'snapshot' },
  snapshot_restore: { label: 'restore of a snapshot' },
  search_indexes: { label: 'upkeep of search indexes' },
  likeness: { label: 'likeness of pictures' },
  picture_text: { label: 'text in pictures' },
};

const kinds = Object.keys(OUTCOME_KINDS) as OutcomeKind[];

/** The kinds that are listed one by one. */
export const LISTED_KINDS = kinds.filter((kind) => !OUTCOME_KINDS[kind].countedOnly);

export function isActive(state: RunState): boolean {
  return RUN_STATES[state].active === true;
}

export function triggerLabel(trigger: Run['trigger']): string {
  return TRIGGERS[trigger]?.label ?? trigger;
}

export function jobLabel(kind: Job['kind']): string {
  return JOB_KINDS[kind as JobKind]?.label ?? kind;
}

export interface KindCount {
  kind: OutcomeKind;
  label: string;
  count: number;
}

/** The listed kinds that occurred, with their counts. */
export function occurred(counts: RunCounts): KindCount[] {
  return LISTED_KINDS.map((kind) => ({ kind, label: OUTCOME_KINDS[kind].label, count: counts[kind] })).filter(
    (row) => row.count > 0,
  );
}

/** The same as filters of the list of outcomes, where label files that were not used are among what failed. */
export function filters(counts: RunCounts): KindCount[] {
  return occurred({ ...counts, failed: counts.failed + counts.label_problems });
}

export interface PreviewGroup {
  group: string; // the key of its samples
  label: string;
  count: number;
}

/** The groups of a preview that are not empty. */
export function previewGroups(counts: RunCounts): PreviewGroup[] {
  const groups = new Map<string, PreviewGroup>();
  for (const { kind, label, count } of occurred(counts)) {
    const group = OUTCOME_KINDS[kind].preview ?? kind;
    const found = groups.get(group) ?? { group, label: group === kind ? label : group, count: 0 };
    groups.set(group, { ...found, count: found.count + count });
  }
  return [...groups.values()];
}
