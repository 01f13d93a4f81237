// The library: the query, the grid of what it finds, and the open asset above it. All three stand in the address.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { type AssetItem, type AssetPage, api, PAGE, Problem, passing } from '../api/client';
import { plural } from '../format';
import { Grid } from '../grid/grid';
import { Pages } from '../grid/pages';
import { back, cameFromInside, currentPlace, go, to, usePlace } from '../router';
import { live } from '../runs/summary';
import { Link } from '../shell/Link';
import { FirstBucket, Notice, ProblemNotice } from '../shell/Notice';
import { QueryBar } from './QueryBar';
import { Viewer } from './Viewer';

interface Result {
  query: string;
  first: AssetPage;
}

function startOf(params: URLSearchParams): number | null {
  const at = params.get('at');
  return at !== null && /^\d{1,15}$/.test(at) ? Number(at) : null;
}

const TRASH = 'state:trash';
const SIZE_KEY = 'mirrorlake.cell';
const SIZES = { least: 96, usual: 196, most: 420 };

function storedSize(): number {
  const stored = Number(window.localStorage.getItem(SIZE_KEY));
  return stored >= SIZES.least && stored <= SIZES.most ? stored : SIZES.usual;
}

export function LibraryPage({ open }: { open: string | null }) {
  const { params } = usePlace();
  const query = params.get('query') ?? '';
  const at = startOf(params);
  const [size, setSize] = useState(storedSize);
  const [shown, setShown] = useState<Result>();
  const busy = useBusy();
  const atTop = open === null && at === null; // further down, what one looks at must not move
  const found = useQuery({
    queryKey: ['assets', query],
    queryFn: async ({ signal }): Promise<Result> => {
      const start = startOf(currentPlace().params) ?? 0;
      return { query, first: await api.assets(query, Math.floor(start / PAGE) * PAGE, signal) };
    },
    staleTime: 60_000,
    refetchOnWindowFocus: false,
    // Waiting for a first image, or for more while a pass is at work, costs one small question every few seconds.
    refetchInterval: (state) =>
      state.state.data?.first.total === 0 || (busy && atTop) || passing(state.state.error) ? 4000 : false,
  });
  useLastLook(busy, atTop);
  // A query with a mistake in it keeps what the last good one found.
  if (found.data !== undefined && found.data !== shown) setShown(found.data);

  const resize = (next: number) => {
    setSize(next);
    window.localStorage.setItem(SIZE_KEY, String(next));
  };
  const mistake = found.error instanceof Problem && found.error.document.position != null ? found.error : null;
  const empty = shown?.first.total === 0 && found.error === null;
  return (
    <main className="library">
      <h1 className="hidden">Library</h1>
      <div className="toolbar">
        <QueryBar query={query} mistake={mistake} />
        {busy ? (
          <Link className="busy" to="/runs">
            A pass is at work
          </Link>
        ) : null}
        <output className="total">{shown !== undefined ? total(shown.first) : ''}</output>
        <Link className="trash" to={to('/', { query: query === TRASH ? null : TRASH })} current={query === TRASH}>
          Trash
        </Link>
        <label className="size">
          <span className="hidden">Size of the thumbnails</span>
          <input
            type="range"
            min={SIZES.least}
            max={SIZES.most}
            step={4}
            value={size}
            onChange={(event) => resize(Number(event.target.value))}
          />
        </label>
      </div>
      {found.error !== null && mistake === null && shown === undefined ? <ProblemNotice error={found.error} /> : null}
      {empty && query === '' ? <FirstBucket /> : null}
      {empty && query === TRASH ? (
        <Notice title="The trash is empty">
          <p>Assets whose objects are gone come here, if their datasource asks for that. They can be restored.</p>
        </Notice>
      ) : null}
      {empty && query !== '' && query !== TRASH ? (
        <Notice title="Nothing matches">
          <p>No asset matches this query.</p>
          <p className="quiet">
            A bare word looks into names; <code>metadata.key:"value"</code> wants the exact value.
          </p>
          <button type="button" className="more" onClick={() => go('/', { inside: true })}>
            Show everything
          </button>
        </Notice>
      ) : null}
      <Results
        result={shown}
        stale={found.error !== null || (found.isFetching && shown?.query !== query)}
        size={size}
        open={open}
        at={at}
      />
    </main>
  );
}

/** Whether a pass is at work somewhere. */
function useBusy(): boolean {
  const { data } = useQuery({
    queryKey: ['runs', 'newest'],
    queryFn: ({ signal }) => api.newestRuns(signal),
    refetchInterval: (state) => (state.state.data?.some(live) ? 3000 : 10_000),
  });
  return data?.some(live) ?? false;
}

/** Ask once more when a pass has ended: what it committed last came after the question before. */
function useLastLook(busy: boolean, atTop: boolean): void {
  const cache = useQueryClient();
  const before = useRef(busy);
  useEffect(() => {
    if (before.current && !busy && atTop) void cache.invalidateQueries({ queryKey: ['assets'] });
    before.current = busy;
  }, [busy, atTop, cache]);
}

function total(first: AssetPage): string {
  return first.total_capped ? `more than ${plural(first.total, 'asset')}` : plural(first.total, 'asset');
}

interface Seen {
  query: string;
  open: string | null;
  shown?: string; // the query whose result the grid shows
}

interface ResultsProps {
  result: Result | undefined;
  stale: boolean;
  size: number;
  open: string | null;
  at: number | null;
}

function Results({ result, stale, size, open, at }: ResultsProps) {
  const view = useRef<HTMLDivElement>(null);
  const [grid, setGrid] = useState<Grid>();
  const [pages, setPages] = useState<Pages>();
  const [, redraw] = useState(0);
  const [trouble, setTrouble] = useState<Error>();
  const place = useRef<Seen>({ query: '', open }); // what the grid's callbacks see: made once, they outlive a render
  const last = useRef<number>(undefined);

  useEffect(() => {
    place.current = { ...place.current, query: result?.query ?? '', open };
  }, [result, open]);

  useEffect(() => {
    if (view.current === null) return;
    const made = new Grid(view.current, {
      href: (asset, index) => assetAddress(asset.id, place.current.query, index),
      open: (asset, index) => go(assetAddress(asset.id, place.current.query, index), { inside: true }),
      rested: (first) => {
        if (place.current.open !== null) return;
        const here = currentPlace().params.get('query') ?? '';
        if (here === place.current.query) go(to('/', { query: here, at: first || null }), { replace: true });
      },
    });
    setGrid(made);
    return () => made.close();
  }, []);

  useEffect(() => {
    if (grid === undefined || result === undefined) return;
    setTrouble(undefined);
    const again = place.current.shown === result.query;
    place.current.shown = result.query;
    const made = new Pages(
      (offset, signal) => api.assets(result.query, offset, signal),
      () => {
        setTrouble(undefined);
        grid.refresh();
        redraw((times) => times + 1);
      },
      (error) => setTrouble(error instanceof Error ? error : new Error(String(error))),
      result.first,
    );
    setPages(made);
    if (again && startOf(currentPlace().params) === null) grid.renew(made);
    else grid.show(made, startOf(currentPlace().params) ?? 0);
    return () => made.close();
  }, [grid, result]);

  useEffect(() => {
    if (trouble === undefined) return;
    const timer = setTimeout(() => grid?.refresh(), 3200); // ask again once the page may be
    return () => clearTimeout(timer);
  }, [grid, trouble]);

  useEffect(() => grid?.resizeCells(size), [grid, size]);

  // Positions drift while a pass runs: the id says which asset is meant, the position only where to look first.
  const index = open !== null && at !== null ? pages?.find(open, at) : undefined;
  useEffect(() => {
    if (open !== null) {
      if (index !== undefined) grid?.follow(index);
      last.current = index ?? last.current ?? at ?? undefined; // the address knows it before the first page does
    } else if (last.current !== undefined) {
      grid?.focusItem(last.current);
      last.current = undefined;
    }
  }, [grid, open, index, at]);

  const close = useCallback(() => {
    if (cameFromInside()) back();
    else go(to('/', { query: place.current.query, at: last.current ?? null }), { replace: true });
  }, []);
  const step = (by: number): (() => void) | null => {
    const next = index === undefined ? undefined : pages?.at(index + by);
    if (next === undefined || index === undefined) return null;
    return () => go(assetAddress(next.id, place.current.query, index + by), { replace: true });
  };

  return (
    <>
      {trouble !== undefined ? (
        <p className="strip" role="alert">
          {trouble.message} Trying again.
        </p>
      ) : null}
      <div
        ref={view}
        className={stale ? 'grid stale' : 'grid'}
        hidden={result === undefined || result.first.total === 0}
      />
      {open !== null ? (
        <Viewer
          id={open}
          known={index === undefined ? undefined : pages?.at(index)}
          place={
            index === undefined || pages === undefined
              ? null
              : { index, total: pages.total, capped: result?.first.total_capped === true }
          }
          previous={step(-1)}
          next={step(1)}
          close={close}
        />
      ) : null}
    </>
  );
}

function assetAddress(id: AssetItem['id'], query: string, index: number): string {
  return to(`/assets/${encodeURIComponent(id)}`, { query, at: index });
}
