// How the library is shown: the size of its cells and the panel beside it. In the address, and remembered by the browser.
import { useNavigate } from '@tanstack/react-router';
import { useSyncExternalStore } from 'react';
import { CELL_SIZES, type LibrarySearch, PANELS, type Panel } from '../../components/address';
import { useLibraryRouter } from './Results';

const SIZE_KEY = 'mirrorlake.cell';
const PANEL_KEY = 'mirrorlake.panel';
const NARROW = '(max-width: 860px)'; // the panel is a drawer there, and closed until it is wanted
const WIDE = '(min-width: 1100px)'; // there is room beside it

function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const media = window.matchMedia(query);
      media.addEventListener('change', changed);
      return () => media.removeEventListener('change', changed);
    },
    () => window.matchMedia(query).matches,
  );
}

function storedSize(): number {
  const stored = Number(window.localStorage.getItem(SIZE_KEY));
  return stored >= CELL_SIZES.least && stored <= CELL_SIZES.most ? stored : CELL_SIZES.usual;
}

export interface View {
  size: number; // px
  panel: Panel;
  narrow: boolean;
  resize: (size: number) => void;
  show: (panel: Panel) => void;
}

export function useView(search: LibrarySearch): View {
  const navigate = useNavigate();
  const narrow = useMedia(NARROW);
  const wide = useMedia(WIDE);
  const stored = PANELS.find((one) => one === window.localStorage.getItem(PANEL_KEY));
  const usual = narrow ? 'none' : (stored ?? (wide ? 'filters' : 'none'));
  const library = useLibraryRouter();
  // The address may be newer than what is rendered: leaving the query by this very click has searched what was typed.
  const change = (next: LibrarySearch) =>
    void navigate({ to: '.', search: { ...library.current(), ...next }, replace: true });
  return {
    size: search.size ?? storedSize(),
    panel: search.panel ?? usual,
    narrow,
    resize: (size) => {
      window.localStorage.setItem(SIZE_KEY, String(size));
      change({ size });
    },
    show: (panel) => {
      if (!narrow) window.localStorage.setItem(PANEL_KEY, panel);
      change({ panel });
    },
  };
}
