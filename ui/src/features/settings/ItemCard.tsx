// One thing of a list as a card: its state, what can be done with it, and details that are fetched when they are wanted.
import type { QueryKey } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Confirm } from '../../components/Confirm';
import { ErrorText } from '../../components/ErrorText';
import { useChange } from './useChange';

interface Props {
  title: string;
  mono?: boolean; // the title is an address
  badge: ReactNode;
  changes: QueryKey; // of the list, which every action changes
  action: { label: string; run: () => Promise<unknown>; opens?: boolean } | null; // `opens`: the details, afterwards
  details: { label: string; show: () => ReactNode };
  removal: { label: string; title: string; detail: string; confirm: string; run: () => Promise<unknown> } | null;
  children: ReactNode;
}

export function ItemCard({ title, mono = false, badge, changes, action, details, removal, children }: Props) {
  const [open, setOpen] = useState(false);
  const [removing, setRemoving] = useState(false);
  const { busy, error, change, changed } = useChange(changes);
  const act = () =>
    change(async () => {
      await action?.run();
      if (action?.opens) setOpen(true);
    });
  return (
    <li className="panel">
      <div className="panel-head">
        <h2 className={mono ? 'mono wrap' : 'wrap'}>{title}</h2>
        {badge}
      </div>
      {children}
      <div className="row">
        {action === null ? null : (
          <button type="button" className="secondary" disabled={busy} onClick={act}>
            {action.label}
          </button>
        )}
        <button type="button" className="secondary" aria-expanded={open} onClick={() => setOpen(!open)}>
          {details.label}
        </button>
        {removal === null ? null : (
          <button type="button" className="secondary" aria-haspopup="dialog" onClick={() => setRemoving(true)}>
            {removal.label}
          </button>
        )}
      </div>
      <ErrorText text={error} />
      {open ? details.show() : null}
      {removing && removal !== null ? (
        <Confirm
          title={removal.title}
          label={removal.confirm}
          confirm={async () => {
            await changed(removal.run);
            setRemoving(false);
          }}
          close={() => setRemoving(false)}
        >
          <p>{removal.detail}</p>
        </Confirm>
      ) : null}
    </li>
  );
}
