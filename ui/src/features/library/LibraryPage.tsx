// The library: the query, the grid of its result, and the open asset above it. All of that is in the address.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { describeError, isSignedOut, isTransient, Problem } from '../../api/problem';
import { keys, queries } from '../../api/queries';
import { isActive } from '../../api/vocabulary';
import { ErrorNotice, FirstBucket, Notice } from '../../components/Notice';
import { Prose, Rich, Sentences } from '../../components/Rich';
import { QueryBar } from './QueryBar';
import { type Result, Results, useLibraryRouter } from './Results';
import { text } from './text';
import './library.css';
import './viewer.css';

const route = getRouteApi('/library');
const TRASH = 'state:trash';
const SIZE_KEY = 'mirrorlake.cell';
const SIZES = { least: 96, usual: 196, most: 420 }; // px
const REFRESH_MS = 4000; // while assets may be added

function useThumbnailSize(): [number, (size: number) => void] {
  const [size, setSize] = useState(() => {
    const stored = Number(window.localStorage.getItem(SIZE_KEY));
    return stored >= SIZES.least && stored <= SIZES.most ? stored : SIZES.usual;
  });
  return [
    size,
    (next) => {
      setSize(next);
      window.localStorage.setItem(SIZE_KEY, String(next));
    },
  ];
}

/** Whether a run is queued or running. */
function useRunInProgress(): boolean {
  const { data } = useQuery(queries.newestRuns());
  return data?.some((run) => isActive(run.state)) ?? false;
}

/** Refresh once more when a run has ended: its last commit may be later than the last request. */
function useRefreshAfterRun(running: boolean, atTop: boolean): void {
  const cache = useQueryClient();
  const before = useRef(running);
  useEffect(() => {
    if (before.current && !running && atTop) void cache.invalidateQueries({ queryKey: keys.assets });
    before.current = running;
  }, [running, atTop, cache]);
}

/** The result of a query. The last good one is kept while another is fetched, or is refused. */
function useResult(query: string, running: boolean, atTop: boolean) {
  const [shown, setShown] = useState<Result>();
  const library = useLibraryRouter();
  const found = useQuery({
    ...queries.assets(query, () => library.current().at ?? 0),
    refetchInterval: ({ state }) =>
      state.data?.first.total === 0 || (running && atTop) || isTransient(state.error) ? REFRESH_MS : false,
  });
  if (found.data !== undefined && found.data !== shown) setShown(found.data);
  return { shown, error: found.error, stale: found.error !== null || (found.isFetching && shown?.query !== query) };
}

export function LibraryPage() {
  const { query = '', at } = route.useSearch();
  const { assetId: open = null } = useParams({ strict: false });
  const [size, setSize] = useThumbnailSize();
  const running = useRunInProgress();
  const atTop = open === null && at === undefined; // further down, the assets in view must not move
  useRefreshAfterRun(running, atTop);
  const { shown, error, stale } = useResult(query, running, atTop);
  const queryError = error instanceof Problem && error.document.position != null ? error : null;
  const failure = queryError === null ? error : null;
  const empty = shown?.first.total === 0 && error === null;
  return (
    <main className="library">
      <h1 className="hidden">{text.title}</h1>
      <div className="toolbar">
        <QueryBar query={query} error={queryError} />
        {running ? (
          <Link className="busy" to="/runs">
            {text.runInProgress}
          </Link>
        ) : null}
        <output className="total">
          {shown !== undefined && error === null ? text.total(shown.first.total, shown.first.total_capped) : null}
        </output>
        <Link
          className="trash"
          to="/"
          search={query === TRASH ? {} : { query: TRASH }}
          activeOptions={{ exact: true }}
          aria-current={query === TRASH ? 'page' : undefined}
        >
          {text.trash}
        </Link>
        <label className="size">
          <span className="hidden">{text.thumbnailSize}</span>
          <input
            type="range"
            min={SIZES.least}
            max={SIZES.most}
            step={4}
            value={size}
            onChange={(event) => setSize(Number(event.target.value))}
          />
        </label>
      </div>
      {failure !== null ? <Failure error={failure} strip={shown !== undefined} /> : null}
      {empty ? <Empty query={query} notes={shown.first.notes} /> : null}
      <Results result={shown} stale={stale} size={size} open={open} at={at} />
    </main>
  );
}

/** An error that is not about the query; a strip where there is an older result to be shown below it. */
function Failure({ error, strip }: { error: Error; strip: boolean }) {
  if (!strip || isSignedOut(error)) return <ErrorNotice error={error} />;
  return (
    <p className="strip" role="alert">
      <Prose text={describeError(error)} />
    </p>
  );
}

function Empty({ query, notes }: { query: string; notes: string[] }) {
  const navigate = useNavigate();
  if (query === '') return <FirstBucket />;
  if (query === TRASH)
    return (
      <Notice title={text.emptyTrash.title}>
        <p>{text.emptyTrash.explanation}</p>
      </Notice>
    );
  return (
    <Notice title={text.noResults.title}>
      <p>{text.noResults.detail}</p>
      <Sentences texts={notes} />
      <p className="quiet">
        <Rich text={text.noResults.hint} />
      </p>
      <button type="button" className="secondary" onClick={() => navigate({ to: '/', search: {} })}>
        {text.noResults.showAll}
      </button>
    </Notice>
  );
}
