// What changes in the library while pages are open: one stream of all jobs, whose ends make the pages ask again.

import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Job } from '../api/client';
import { libraryKeys } from '../api/libraryQueries';
import { keys } from '../api/queries';
import { isActive } from '../api/vocabulary';
import { inWorkspace } from '../api/workspace';
import { usePermission } from './usePermission';

const AGAIN_MS = 10_000; // after a stream that the server refused

// Kinds of jobs after whose end the same search may find other assets, or show other values of them.
const CHANGING = new Set([
  ...['mirror', 'events', 'confirm', 'retry', 'purge', 'reapply'],
  ...['edit', 'undo', 'labels_import', 'function', 'picture_text'],
  ...['project_split', 'split_assign', 'snapshot_restore'],
]);
const STALE = [
  keys.assets,
  keys.datasources,
  keys.runs,
  ['asset'],
  libraryKeys.facets,
  libraryKeys.folders,
  libraryKeys.completions,
  libraryKeys.keys,
];

export function useLiveJobs(): void {
  const cache = useQueryClient();
  const may = usePermission()('jobs:read');
  useEffect(() => {
    if (!may) return;
    const onJob = ({ data }: MessageEvent<string>) => {
      const job = JSON.parse(data) as Job;
      const before = cache.getQueryData<Job>(keys.job(job.id));
      if (before !== undefined && before.version <= job.version) cache.setQueryData(keys.job(job.id), job);
      if (isActive(job.state) || !CHANGING.has(job.kind)) return;
      for (const queryKey of STALE) void cache.invalidateQueries({ queryKey });
    };
    return watch(onJob);
  }, [cache, may]);
}

/** One stream while the page is in view: a hidden one would hold a connection that others need. */
function watch(onJob: (event: MessageEvent<string>) => void): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };
  const open = () => {
    close();
    if (document.hidden) return;
    const opened = new EventSource(inWorkspace('/api/v1/jobs/events'));
    opened.addEventListener('run', onJob);
    opened.addEventListener('job', onJob);
    opened.onerror = () => {
      if (opened.readyState === EventSource.CLOSED) timer = setTimeout(open, AGAIN_MS);
    };
    source = opened;
  };
  document.addEventListener('visibilitychange', open);
  open();
  return () => {
    document.removeEventListener('visibilitychange', open);
    close();
  };
}
