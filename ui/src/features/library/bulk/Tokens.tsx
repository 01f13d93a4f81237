// A field for several names: Enter adds what is typed, Backspace takes the last one out. Known names are offered.
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useDeferredValue, useId, useState } from 'react';
import { libraryQueries } from '../../../api/libraryQueries';
import { quoted } from '../../../components/format';
import { IconButton } from '../../../components/Icon';
import { text } from './text';

interface Props {
  label: string;
  field: 'tag' | 'project';
  names: string[];
  change: (names: string[]) => void;
  typing: (typing: boolean) => void; // whether a name is typed that is not added yet
}

export function Tokens({ label, field, names, change, typing }: Props) {
  const [typed, setTyped] = useState('');
  const id = useId();
  const late = useDeferredValue(typed);
  const asked = `${field}:${/[\s"()\\]/.test(late) ? quoted(late).slice(0, -1) : late}`;
  const { data } = useQuery(libraryQueries.completions({ query: asked, position: Array.from(asked).length }));
  const offered = data?.suggestions.filter((one) => one.kind === 'tag' || one.kind === 'value') ?? [];

  const type = (value: string) => {
    setTyped(value);
    typing(value.trim() !== '');
  };
  const add = () => {
    const name = typed.trim();
    if (name !== '' && !names.includes(name)) change([...names, name]);
    type('');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && typed.trim() !== '') {
      event.preventDefault();
      add();
    } else if (event.key === 'Backspace' && typed === '') change(names.slice(0, -1));
  };
  return (
    <div className="tokens">
      <label htmlFor={id}>{label}</label>
      <div className="tokens-field">
        {names.map((name) => (
          <span key={name} className="chip">
            {name}
            <IconButton
              icon="remove"
              label={text.tokens.drop(name)}
              onClick={() => change(names.filter((one) => one !== name))}
              small
            />
          </span>
        ))}
        <input
          id={id}
          list={`${id}list`}
          autoComplete="off"
          placeholder={names.length === 0 ? text.tokens.hint : undefined}
          value={typed}
          onChange={(event) => type(event.target.value)}
          onKeyDown={onKeyDown}
          onBlur={add}
        />
        <datalist id={`${id}list`}>
          {offered.map((one) => (
            <option key={one.text} value={one.label} />
          ))}
        </datalist>
      </div>
    </div>
  );
}
