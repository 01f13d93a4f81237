// The library: the query, the grid of its result, and the open asset above it. All of that is in the address.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { libraryQueries } from '../../api/libraryQueries';
import { describeError, isSignedOut, isTransient, Problem } from '../../api/problem';
import { keys, type Picture, queries } from '../../api/queries';
import { useSessionEnd } from '../../api/sessionEnd';
import { isActive } from '../../api/vocabulary';
import { type LibrarySearch, librarySearch } from '../../components/address';
import { lazyPart } from '../../components/lazyPart';
import { ErrorNotice, FirstBucket, Notice, Pending } from '../../components/Notice';
import { Prose, Rich } from '../../components/Rich';
import { useSignedOut } from '../../components/usePermission';
import { useSteadyError } from '../../components/useSteadyError';
import { Panel } from './panel/Panel';
import { DropHere, SearchedPicture } from './picture/PictureSearch';
import { useDrop, usePicture } from './picture/usePicture';
import { type Result, Results, useLibraryRouter } from './Results';
import { isEmpty } from './selection';
import { Toolbar } from './Toolbar';
import { TRASH, text } from './text';
import { useSelection } from './useSelection';
import { useView } from './view';
import './library.css';

// Not part of the library's first load.
const Notes = lazyPart(() => import('./query/notes/Notes'), 'Notes');
const SelectionBar = lazyPart(() => import('./bulk/SelectionBar'), 'SelectionBar');

const route = getRouteApi('/library');
const REFRESH_MS = 4000; // while assets may be added

function withoutPlace({ at: _, ...search }: LibrarySearch): Omit<LibrarySearch, 'at'> {
  return search;
}

/** Whether a run is queued or running. */
function useRunInProgress(): boolean {
  const { data } = useQuery(queries.newestRuns());
  return data?.some((run) => isActive(run.state)) ?? false;
}

/** Refresh once more when a run has ended: its last commit may be later than the last request. */
function useRefreshAfterRun(running: boolean): void {
  const cache = useQueryClient();
  const before = useRef(running);
  useEffect(() => {
    if (before.current && !running) void cache.invalidateQueries({ queryKey: keys.assets });
    before.current = running;
  }, [running, cache]);
}

/** The result of a query. The last good one is kept while another is fetched, or is refused. */
function useResult(query: string, picture: Picture | undefined, growing: boolean) {
  const [shown, setShown] = useState<Result>();
  const library = useLibraryRouter();
  const found = useQuery({
    ...queries.assets(query, () => library.current().at ?? 0, picture),
    refetchInterval: ({ state }) => {
      const empty = state.data?.first.total === 0;
      // The server computes what a picture shows each time that it is sent.
      return isTransient(state.error) || ((empty || growing) && picture === undefined) ? REFRESH_MS : false;
    },
  });
  if (found.data !== undefined && found.data !== shown) setShown(found.data);
  const other = shown?.query !== query || shown.picture?.id !== picture?.id;
  const error = useSteadyError(found.error, found.data);
  return { shown, error, stale: error !== null || (found.isFetching && other) };
}

/** What may be missing in a result, and what its query names and the library does not know, though something matches. */
function useNotes(result: Result | undefined, error: Error | null): string[] {
  const found = result !== undefined && error === null && result.first.total > 0;
  const { data } = useQuery(libraryQueries.explained(result?.query ?? '', found));
  if (!found) return [];
  return [...result.first.notes, ...(data?.query === result.query ? data.notes : [])];
}

export function LibraryPage() {
  // Without the position in the grid: where it comes to rest, only the grid has to know.
  const { query = '', ...shownAs } = route.useSearch({ select: withoutPlace, structuralSharing: true });
  const open = useParams({ strict: false, select: ({ assetId }) => assetId ?? null });
  const view = useView(shownAs);
  const running = useRunInProgress();
  useRefreshAfterRun(running);
  const library = useLibraryRouter();
  // Another result begins at its start, and no asset of the former one stays open above it.
  const { picture, choose, clear } = usePicture(() => library.showResults(librarySearch({ query })));
  const dragged = useDrop(choose);
  const { shown, error, stale } = useResult(query, picture, running && open === null);
  const queryError = error instanceof Problem && error.document.position != null ? error : null;
  const failure = queryError === null ? error : null;
  const signedOut = useSignedOut();
  const ended = useSessionEnd(); // then the form to sign in lies above the page
  const empty = shown?.first.total === 0 && error === null;
  // There is nothing to filter.
  const nothing =
    (empty && query === '' && picture === undefined) ||
    (failure !== null && (shown === undefined || (isSignedOut(failure) && !ended)));
  const notes = useNotes(shown, error);
  const selecting = useSelection(shown);
  const total = shown !== undefined && error === null ? text.total(shown.first.total, shown.first.total_capped) : null;
  return (
    <main className="library">
      <h1 className="hidden">{text.title}</h1>
      {signedOut ? null : (
        <Toolbar
          query={query}
          error={queryError}
          running={running}
          total={total}
          view={view}
          panel={!nothing}
          choosePicture={choose}
        />
      )}
      {picture === undefined ? null : <SearchedPicture picture={picture} clear={clear} />}
      {dragged ? <DropHere /> : null}
      {failure !== null ? (
        <Failure error={failure} strip={shown !== undefined && (ended || !isSignedOut(failure))} />
      ) : null}
      {notes.length > 0 ? (
        <div className="strip notes" role="status">
          <Notes query={query} notes={notes} />
        </div>
      ) : null}
      <div className="library-body">
        {view.panel !== 'none' && !nothing ? (
          <Panel
            tab={view.panel}
            choose={view.show}
            close={() => view.show('none')}
            query={query}
            ready={shown !== undefined}
            wrong={queryError !== null}
          />
        ) : null}
        <div className="library-results">
          {error === null ? <Pending data={shown} error={null} /> : null}
          {empty ? <Empty query={query} like={picture !== undefined} notes={shown.first.notes} /> : null}
          <Results result={shown} stale={stale} size={view.size} open={open} selecting={selecting} />
          {shown !== undefined && !isEmpty(selecting.selection) ? (
            <SelectionBar selecting={selecting} result={shown} />
          ) : null}
        </div>
      </div>
    </main>
  );
}

/** An error that is not about the query; a strip where there is an older result to be shown below it. */
function Failure({ error, strip }: { error: Error; strip: boolean }) {
  if (!strip) return <ErrorNotice error={error} />;
  return (
    <p className={isTransient(error) ? 'strip no-answer' : 'strip'} role="alert">
      <Prose text={describeError(error)} />
    </p>
  );
}

function Empty({ query, like, notes }: { query: string; like: boolean; notes: string[] }) {
  const navigate = useNavigate();
  if (query === '' && !like) return <FirstBucket />;
  if (query === TRASH && !like)
    return (
      <Notice title={text.emptyTrash.title}>
        <p>{text.emptyTrash.explanation}</p>
      </Notice>
    );
  return (
    <Notice title={text.noResults.title}>
      <p>{like ? text.picture.nothing : text.noResults.detail}</p>
      <Notes query={query} notes={notes} />
      {like ? null : (
        <p className="quiet">
          <Rich text={text.noResults.hint} />
        </p>
      )}
      <button type="button" className="secondary" onClick={() => navigate({ to: '/', search: {} })}>
        {text.noResults.clear}
      </button>
    </Notice>
  );
}
