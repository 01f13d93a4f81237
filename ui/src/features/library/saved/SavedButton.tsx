// Opens the saved searches, which are loaded only then.
import { useState } from 'react';
import { Dialog } from '../../../components/Dialog';
import { lazyPart } from '../../../components/lazyPart';
import { text } from './text';

const SavedSearches = lazyPart(() => import('./SavedSearches'), 'SavedSearches');

/** `query` is the one that could be saved; undefined: it has an error. */
export function SavedButton({ query }: { query: string | undefined }) {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <button type="button" className="saved-button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {text.open}
      </button>
      {open ? (
        <Dialog title={text.title} close={close}>
          <SavedSearches query={query} close={close} />
        </Dialog>
      ) : null}
    </>
  );
}
