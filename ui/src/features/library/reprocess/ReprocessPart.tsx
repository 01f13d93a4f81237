// The button of one asset that runs stages of processing again.
import { useState } from 'react';
import { lazyPart } from '../../../components/lazyPart';
import { text } from './text';

const ReprocessDialog = lazyPart(() => import('./ReprocessDialog'), 'ReprocessDialog');

export function ReprocessPart({ id }: { id: string }) {
  const [open, setOpen] = useState(false);
  const [started, setStarted] = useState(false);
  return (
    <div className="part">
      <button type="button" className="secondary" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {text.open}
      </button>
      <p className="quiet" role="status">
        {started ? text.started : null}
      </p>
      {open ? (
        <ReprocessDialog
          selection={{ kind: 'some', ids: new Set([id]) }}
          close={() => setOpen(false)}
          done={() => {
            setOpen(false);
            setStarted(true);
          }}
        />
      ) : null}
    </div>
  );
}
