// The action of a row that takes it away, once more confirmed.
import type { QueryKey } from '@tanstack/react-query';
import { useState } from 'react';
import { Confirm } from '../../components/Confirm';
import { useChange } from './useChange';

interface Props {
  label: string;
  name: string; // of the action, read aloud
  title: string;
  detail: string;
  confirm: string;
  changes: QueryKey;
  run: () => Promise<unknown>;
}

export function RemoveAction({ label, name, title, detail, confirm, changes, run }: Props) {
  const [asking, setAsking] = useState(false);
  const { changed } = useChange(changes);
  return (
    <>
      <button
        type="button"
        className="text-action"
        aria-label={name}
        aria-haspopup="dialog"
        onClick={() => setAsking(true)}
      >
        {label}
      </button>
      {asking ? (
        <Confirm
          title={title}
          label={confirm}
          confirm={async () => {
            await changed(run);
            setAsking(false);
          }}
          close={() => setAsking(false)}
        >
          <p>{detail}</p>
        </Confirm>
      ) : null}
    </>
  );
}
