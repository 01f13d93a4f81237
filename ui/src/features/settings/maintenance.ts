// What the jobs that look after a library found, as their results have it. Pure.
import type { Job, JobKind } from '../../api/client';

export interface ThumbnailCheck {
  assets: number;
  lacking: number;
  damaged: number;
  thumbnails: number;
  bytes: number;
  packs: number;
  dead_bytes: number;
  left_over: number;
  left_over_bytes: number;
}

export interface Making {
  lacking: number;
  put_back: number;
  made: number;
  unmade: Record<string, number>;
  errors: Record<string, string>;
}

export interface Cleaning {
  left_over: number;
  removed: number;
  removed_bytes: number;
  repacked: number;
  hold: string | null; // why nothing was done
  unreadable: string[];
}

export type Drift = 'gone' | 'changed' | 'back' | 'unknown' | 'content' | 'thumbnail';

export interface Finding {
  datasource: string;
  key: string;
  drift: Drift;
  reason: string;
}

export interface Verified {
  verification: {
    verified: number;
    drift: Partial<Record<Drift, number>>;
    errors: Record<string, string>;
    damaged_snapshots: string[];
  };
  findings: Finding[];
}

/** The newest job of these kinds, which are listed the newest first. */
export function newestOf(jobs: readonly Job[] | undefined, kinds: readonly JobKind[]): Job | undefined {
  return jobs?.find(({ kind }) => (kinds as readonly string[]).includes(kind));
}

/** What the newest job of that kind found; undefined: none has succeeded. */
export function resultOf<Result>(
  jobs: readonly Job[] | undefined,
  kind: JobKind,
): { at: string; found: Result } | undefined {
  const job = jobs?.find((one) => one.kind === kind && one.state === 'succeeded' && one.result !== null);
  if (job === undefined) return undefined;
  return { at: job.finished ?? job.created, found: job.result as unknown as Result };
}

/** How many objects differ from what the library knows of them. */
export function differences({ verification: { drift, damaged_snapshots } }: Verified): number {
  return Object.values(drift).reduce((sum, number) => sum + number, damaged_snapshots.length);
}
