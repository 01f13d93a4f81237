// What changes in the library while pages are open: one stream of jobs and of changes, after which pages ask again.

import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Job } from '../api/client';
import { keys } from '../api/queries';
import { isActive } from '../api/vocabulary';
import { inWorkspace } from '../api/workspace';
import { askAgain } from './askAgain';
import { ALL, type Change, SEARCHED, staleAfter, staleAfterJob } from './liveKeys';
import { usePermission } from './usePermission';

const AGAIN_MS = 10_000; // after a stream that the server refused
const SEARCH_MS = 3_000; // between two times that searches are asked again, while others edit one asset after another

export function useLiveJobs(): void {
  const cache = useQueryClient();
  const may = usePermission()('jobs:read');
  useEffect(() => {
    if (!may) return;
    const searches = atMostEvery(SEARCH_MS, () => askAgain(cache, SEARCHED));
    const onJob = ({ data }: MessageEvent<string>) => {
      const job = JSON.parse(data) as Job;
      const before = cache.getQueryData<Job>(keys.job(job.id));
      if (before !== undefined && before.version <= job.version) cache.setQueryData(keys.job(job.id), job);
      if (isActive(job.state)) void cache.invalidateQueries({ queryKey: keys.run(job.id), exact: true });
      else askAgain(cache, staleAfterJob(job.kind));
    };
    const onChange = ({ data }: MessageEvent<string>) => {
      const { at_once, searched } = staleAfter(JSON.parse(data) as Change);
      askAgain(cache, at_once);
      if (searched) searches.ask();
    };
    const unwatch = watch({ onJob, onChange, onGap: () => askAgain(cache, ALL) });
    return () => {
      unwatch();
      searches.end();
    };
  }, [cache, may]);
}

/** An action that is done at once, and again after a while if it was wanted meanwhile. */
function atMostEvery(ms: number, action: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wanted = false;
  const ask = () => {
    wanted = timer !== undefined;
    if (wanted) return;
    action();
    timer = setTimeout(() => {
      timer = undefined;
      if (wanted) ask();
    }, ms);
  };
  return { ask, end: () => clearTimeout(timer) };
}

interface Watching {
  onJob: (event: MessageEvent<string>) => void;
  onChange: (event: MessageEvent<string>) => void;
  onGap: () => void; // the stream was interrupted: of changes in between nothing is known
}

/** One stream while the page is in view: a hidden one would hold a connection that others need. */
function watch({ onJob, onChange, onGap }: Watching): () => void {
  let source: EventSource | undefined;
  let openings = 0;
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
    opened.addEventListener('change', onChange);
    opened.onopen = () => {
      openings += 1;
      if (openings > 1) onGap();
    };
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
