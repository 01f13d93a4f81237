// Which part of the open asset is read: the page of a document, and whether HTML is shown as its source. In the address.
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { LibrarySearch } from '../../../components/address';
import { useLibraryRouter } from '../Results';

const route = getRouteApi('/library');

export interface Reading {
  page: number;
  view: 'page' | 'source';
  turn: (page: number) => void;
  show: (view: 'page' | 'source') => void;
}

export function useReading(): Reading {
  const search = route.useSearch();
  const navigate = useNavigate();
  const library = useLibraryRouter();
  const change = ({ page: _, view: __, ...rest }: LibrarySearch, next: LibrarySearch) =>
    void navigate({ to: '.', search: { ...rest, ...next }, replace: true });
  return {
    page: search.page ?? 1,
    view: search.view ?? 'page',
    turn: (to) => change(library.current(), to > 1 ? { page: to } : {}),
    show: (to) => change(library.current(), to === 'source' ? { view: to } : {}),
  };
}
