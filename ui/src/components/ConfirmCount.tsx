// The confirmation of something that cannot be undone easily: the button works once the number at stake is typed.
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { DialogActions } from './DialogActions';
import { ErrorText } from './ErrorText';
import { Rich } from './Rich';
import { text } from './text';
import type { AsyncAction } from './useAsyncAction';

interface Props {
  number: number;
  what: string; // that number of these
  label: string; // of the button
  action: AsyncAction;
  confirm: () => Promise<void>;
  close?: () => void; // of the dialog that this ends
}

export function ConfirmCount({ number, what, label, action, confirm, close }: Props) {
  const [typed, setTyped] = useState('');
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // It comes once the number is known, in place of a button that may have had the focus.
    if (document.activeElement === document.body) field.current?.focus();
  }, []);
  const confirmed = typed.replaceAll(/[\s,.]/g, '') === String(number);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (confirmed) action.run(confirm);
  };
  const input = (
    <input
      ref={field}
      id={id}
      inputMode="numeric"
      autoComplete="off"
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
  return (
    <form className="confirm-count" onSubmit={submit}>
      <label htmlFor={id}>
        <Rich text={text.confirmCount(number, what)} />
      </label>
      {close === undefined ? (
        <>
          <div className="row">
            {input}
            <button type="submit" className="danger" disabled={!confirmed || action.busy}>
              {action.busy ? text.working : label}
            </button>
          </div>
          <ErrorText text={action.error} />
        </>
      ) : (
        <>
          {input}
          <DialogActions
            close={close}
            label={label}
            blocked={!confirmed}
            busy={action.busy}
            danger
            error={action.error}
          />
        </>
      )}
    </form>
  );
}
