// The grid of a result, and the open asset above it. Joins the grid, which is plain DOM, with React and the address.
import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { AssetPage } from '../../api/client';
import { describeError } from '../../api/problem';
import { fetchAssets, fetchLike, keys, type Picture } from '../../api/queries';
import { assetHref, type LibrarySearch, librarySearch, parseSearch } from '../../components/address';
import { Prose } from '../../components/Rich';
import { Viewer } from './asset/Viewer';
import { Grid } from './grid/grid';
import { Takeover } from './grid/move';
import { Pages } from './grid/pages';
import { isEmpty, isSelected } from './selection';
import { text } from './text';
import type { Selecting } from './useSelection';

const route = getRouteApi('/library');
const UNSTEADY = 3; // so often in this time, positions move again at once
const UNSTEADY_MS = 5000;
const RETRY_MS = 3200; // a little longer than `Pages` waits before it fetches a failed page again

export interface Result {
  query: string;
  picture: Picture | undefined; // that its assets look like
  first: AssetPage;
}

/** What tells results apart: the query, and the picture. */
export function identityOf({ query, picture }: Result): string {
  return `${picture?.id ?? ''} ${query}`;
}

/** A page of the result, from a position on. */
export function pageOf(
  { query, picture }: Result,
  offset: number,
  signal: AbortSignal,
  limit?: number,
): Promise<AssetPage> {
  return picture === undefined
    ? fetchAssets(query, offset, signal, limit === undefined ? {} : { limit })
    : fetchLike(picture, query, offset, signal, limit);
}

/** The way around in the addresses of the library, usable outside of a render. */
export function useLibraryRouter() {
  const router = useRouter();
  const [ways] = useState(() => ({
    current: (): LibrarySearch => librarySearch(parseSearch(router.history.location.search)),
    openAsset: (assetId: string, search: LibrarySearch, replace = false) =>
      void router.navigate({ to: '/assets/$assetId', params: { assetId }, search, replace }),
    /** Whether the address is that of a result, without an open asset. It changes before anything is rendered. */
    isAtResults: () => router.history.location.pathname === '/',
    showResults: (search: LibrarySearch) => void router.navigate({ to: '/', search, replace: true }),
    hasInternalHistory: () => router.history.canGoBack(),
    back: () => router.history.back(),
  }));
  return ways;
}

function searchFor(query: string, at: number | undefined): LibrarySearch {
  return librarySearch({ query, at });
}

interface ResultsProps {
  result: Result | undefined;
  stale: boolean;
  size: number; // px, of a cell
  open: string | null; // the id of the open asset
  selecting: Selecting;
}

interface View {
  query: string;
  identity?: string; // of the result
  shown?: string; // the identity of the result that the grid shows
  kept: LibrarySearch; // what a link of the grid keeps of the address
  links?: string; // such a link, without its asset and position
}

export function Results({ result, stale, size, open, selecting }: ResultsProps) {
  const search = route.useSearch();
  const { at } = search;
  const container = useRef<HTMLDivElement>(null);
  const [grid, setGrid] = useState<Grid>();
  const [pages, setPages] = useState<Pages>(); // those that the grid shows
  const takeover = useRef<Takeover>(undefined);
  const [, redraw] = useState(0);
  const [error, setError] = useState<unknown>();
  const view = useRef<View>({ query: '', kept: {} }); // for the callbacks of the grid, which outlive a render
  const last = useRef<number>(undefined); // the position of the asset that was open last
  const library = useLibraryRouter();
  const cache = useQueryClient();
  const drifts = useRef<number[]>([]); // when positions had moved under what was shown
  const chosen = useRef(selecting); // likewise
  const opened = useRef(open); // likewise

  useEffect(() => {
    chosen.current = selecting;
    opened.current = open;
  });

  useEffect(() => {
    const identity = result === undefined ? {} : { identity: identityOf(result) };
    const query = result?.query ?? '';
    const links = assetHref('', { ...search, query, at: 0 });
    const before = view.current.links;
    view.current = { ...view.current, ...identity, query, kept: search, links };
    if (links !== before) grid?.relink();
  }, [grid, result, search]);

  useEffect(() => {
    if (container.current === null) return;
    const made = new Grid(container.current, {
      href: (asset, index) => assetHref(asset.id, { ...view.current.kept, query: view.current.query, at: index }),
      open: (asset, index) => library.openAsset(asset.id, searchFor(view.current.query, index)),
      toggle: (index, from) => chosen.current.toggle(index, from),
      extend: (index, from) => chosen.current.extend(index, from),
      selectAll: () => chosen.current.all(),
      selectNone: () => chosen.current.none(),
      rested: (first) => {
        if (!library.isAtResults() || view.current.shown !== view.current.identity) return; // an asset is about to open
        const query = library.current().query ?? '';
        if (query === view.current.query) library.showResults(searchFor(query, first || undefined)); // the start needs no mention
      },
    });
    const taking = new Takeover(made, setPages);
    takeover.current = taking;
    setGrid(made);
    return () => {
      taking.close();
      made.close();
    };
  }, [library]);

  useEffect(() => {
    if (grid === undefined || result === undefined) return;
    setError(undefined);
    const identity = identityOf(result);
    const again = view.current.shown === identity;
    view.current.shown = identity;
    drifts.current = drifts.current.filter((time) => time > Date.now() - UNSTEADY_MS);
    // Of a search that was cut short, or whose order does not hold, pages never fit: then they are shown as they come.
    const steady = result.picture === undefined && result.first.searched === null && drifts.current.length < UNSTEADY;
    const made = new Pages(
      (offset, limit, signal) => pageOf(result, offset, signal, limit),
      () => {
        setError(undefined);
        grid.refresh();
        if (opened.current !== null) redraw((times) => times + 1); // the grid draws on its own
      },
      setError,
      result.first,
      steady
        ? () => {
            drifts.current.push(Date.now());
            void cache.invalidateQueries({ queryKey: keys.assets });
          }
        : undefined,
    );
    const start = result.picture === undefined ? library.current().at : undefined; // which is of another result
    if (again) takeover.current?.renew(made);
    else takeover.current?.begin(made, start ?? 0);
  }, [grid, result, library, cache]);

  useEffect(() => {
    if (error === undefined) return;
    const timer = setTimeout(() => grid?.refresh(), RETRY_MS);
    return () => clearTimeout(timer);
  }, [grid, error]);

  useEffect(() => grid?.resizeCells(size), [grid, size]);

  const { selection } = selecting;
  useEffect(() => grid?.showSelection((id) => isSelected(selection, id), !isEmpty(selection)), [grid, selection]);

  // Positions drift during a run: the id identifies the asset, the position is where to look for it first.
  const index = open !== null ? pages?.find(open, at ?? 0) : undefined;
  useEffect(() => {
    if (open !== null) {
      if (index !== undefined) grid?.follow(index);
      last.current = index ?? last.current ?? at; // the address has the position before the first page does
    } else if (last.current !== undefined) {
      grid?.focusItem(last.current);
      last.current = undefined;
    }
  }, [grid, open, index, at]);

  const close = useCallback(() => {
    if (library.hasInternalHistory()) library.back();
    else library.showResults(searchFor(view.current.query, last.current));
  }, [library]);
  const step = (by: number): (() => void) | null => {
    const next = index === undefined ? undefined : pages?.at(index + by);
    if (next === undefined || index === undefined) return null;
    return () => library.openAsset(next.id, searchFor(view.current.query, index + by), true);
  };

  return (
    <>
      {error !== undefined ? (
        <p className="strip" role="alert">
          <Prose text={describeError(error)} /> {text.retrying}
        </p>
      ) : null}
      <div
        ref={container}
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
