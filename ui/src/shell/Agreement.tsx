// A button for what cannot be taken back lightly: it works once the number at stake was typed.
import { type FormEvent, useId, useState } from 'react';
import { count } from '../format';
import { type Act, Trouble } from './act';

interface Props {
  number: number;
  what: string; // that number of these
  label: string; // of the button
  act: Act;
  agree: () => Promise<void>;
}

export function Agreement({ number, what, label, act, agree }: Props) {
  const [typed, setTyped] = useState('');
  const id = useId();
  const agreed = typed.replaceAll(/[\s,.]/g, '') === String(number);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (agreed) act.run(agree);
  };
  return (
    <form className="agreement" onSubmit={submit}>
      <label htmlFor={id}>
        Type <strong>{count(number)}</strong>, the number of {what}, to agree
      </label>
      <div className="row">
        <input
          id={id}
          inputMode="numeric"
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <button type="submit" className="grave" disabled={!agreed || act.busy}>
          {act.busy ? 'Working…' : label}
        </button>
      </div>
      <Trouble text={act.trouble} />
    </form>
  );
}
