// Opens the saved searches, which are loaded only then.
import { lazy, Suspense, useState } from 'react';
import { text } from '../text';

const SavedDialog = lazy(() => import('./SavedDialog').then((loaded) => ({ default: loaded.SavedDialog })));

/** `query` is the one that could be saved; undefined: it has an error. */
export function SavedButton({ query }: { query: string | undefined }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="saved-button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {text.saved}
      </button>
      {open ? (
        <Suspense>
          <SavedDialog query={query} close={() => setOpen(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
