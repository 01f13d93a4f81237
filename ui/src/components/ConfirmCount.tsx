// The confirmation of something that cannot be undone easily: the button works once the number at stake is typed.
import { type FormEvent, useId, useState } from 'react';
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
}

export function ConfirmCount({ number, what, label, action, confirm }: Props) {
  const [typed, setTyped] = useState('');
  const id = useId();
  const confirmed = typed.replaceAll(/[\s,.]/g, '') === String(number);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (confirmed) action.run(confirm);
  };
  return (
    <form className="confirm-count" onSubmit={submit}>
      <label htmlFor={id}>
        <Rich text={text.confirmCount(number, what)} />
      </label>
      <div className="row">
        <input
          id={id}
          inputMode="numeric"
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <button type="submit" className="danger" disabled={!confirmed || action.busy}>
          {action.busy ? text.working : label}
        </button>
      </div>
      <ErrorText text={action.error} />
    </form>
  );
}
