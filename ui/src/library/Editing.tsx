// Tags and metadata, to look at and to change: Enter adds, every button can be reached by keyboard.
import { type FormEvent, useRef, useState } from 'react';
import type { AssetFull, AssetItem } from '../api/client';
import { quoted, term, when } from '../format';
import { to } from '../router';
import { Trouble } from '../shell/act';
import { Link } from '../shell/Link';
import { changes, valueAsJson, valueAsTyped } from './changes';

/** Sends a change; answers what is wrong with it, or nothing. */
export type Edit = (body: string) => Promise<string | undefined>;

function Remove({ what, act }: { what: string; act: () => void }) {
  return (
    <button type="button" className="icon small" aria-label={`Remove ${what}`} onClick={act}>
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <path d="m6 6 8 8M14 6l-8 8" />
      </svg>
    </button>
  );
}

export function Tags({ tags, edit }: { tags: string[]; edit: Edit }) {
  const [typed, setTyped] = useState('');
  const [trouble, setTrouble] = useState<string>();
  const input = useRef<HTMLInputElement>(null);
  const send = async (body: string) => {
    const wrong = await edit(body);
    setTrouble(wrong);
    input.current?.focus();
    return wrong === undefined;
  };
  const add = async (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim() !== '' && (await send(changes.addTag(typed)))) setTyped('');
  };
  return (
    <>
      <ul className="row tags" aria-label="Tags">
        {tags.map((tag) => (
          <li key={tag} className="row">
            <Link className="chip" to={to('/', { query: `tag:${quoted(tag)}` })}>
              {tag}
            </Link>
            <Remove what={`the tag ${tag}`} act={() => send(changes.removeTag(tag))} />
          </li>
        ))}
      </ul>
      <form className="edit" onSubmit={add}>
        <input
          ref={input}
          aria-label="Add a tag"
          placeholder="Add a tag"
          maxLength={100}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </form>
      <Trouble text={trouble} />
    </>
  );
}

interface MetadataProps {
  values: AssetItem['metadata'];
  entries: AssetFull['metadata'];
  edit: Edit;
}

export function Metadata({ values, entries, edit }: MetadataProps) {
  const [key, setKey] = useState('');
  const [typed, setTyped] = useState('');
  const [trouble, setTrouble] = useState<string>();
  const keyInput = useRef<HTMLInputElement>(null);
  const valueInput = useRef<HTMLInputElement>(null);

  const set = async () => {
    if (key.trim() === '') return keyInput.current?.focus();
    const json = valueAsJson(typed);
    if (json === null)
      return setTrouble('A key cannot have the value null: remove the key, or write "null" in quotes.');
    const wrong = await edit(changes.set(key.trim(), json));
    setTrouble(wrong);
    if (wrong !== undefined) return;
    setKey('');
    setTyped('');
    keyInput.current?.focus();
  };
  const remove = async (name: string) => {
    setTrouble(await edit(changes.remove(name)));
    keyInput.current?.focus();
  };
  const change = (name: string, value: string | number | boolean) => {
    setKey(name);
    setTyped(valueAsTyped(value));
    valueInput.current?.focus();
  };
  const names = Object.keys(values).sort();
  return (
    <>
      {names.length > 0 ? (
        <table className="metadata">
          <thead className="hidden">
            <tr>
              <th scope="col">Key</th>
              <th scope="col">Value</th>
              <th scope="col">Set by</th>
              <th scope="col">Change</th>
            </tr>
          </thead>
          <tbody>
            {names.map((name) => {
              const value = values[name] ?? '';
              const entry = entries[name];
              return (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>
                    <Link to={to('/', { query: `metadata.${name}:${term(value)}` })}>{String(value)}</Link>
                  </td>
                  <td className="by" title={entry === undefined ? undefined : `set ${when(entry.at)}`}>
                    {entry?.source ?? ''}
                  </td>
                  <td className="row">
                    <button
                      type="button"
                      className="icon small"
                      aria-label={`Change ${name}`}
                      onClick={() => change(name, value)}
                    >
                      <svg viewBox="0 0 20 20" aria-hidden="true">
                        <path d="m5 15 1-4 7-7 3 3-7 7z" />
                      </svg>
                    </button>
                    <Remove what={name} act={() => remove(name)} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      ) : null}
      <form
        className="edit"
        onSubmit={(event) => {
          event.preventDefault();
          void set();
        }}
      >
        <input
          ref={keyInput}
          aria-label="Metadata key"
          placeholder="key"
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
        <input
          ref={valueInput}
          aria-label="Metadata value"
          placeholder="95, true, &quot;95&quot; or text"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <button type="submit" className="more">
          Set
        </button>
      </form>
      <Trouble text={trouble} />
    </>
  );
}
