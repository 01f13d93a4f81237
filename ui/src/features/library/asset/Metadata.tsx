// The metadata of an asset: every key with its value and who set it, and the fields that set one.
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useId, useRef, useState } from 'react';
import type { AssetFull, AssetItem, KnownKey } from '../../../api/client';
import { libraryQueries } from '../../../api/libraryQueries';
import { ErrorText } from '../../../components/ErrorText';
import { term, when } from '../../../components/format';
import { IconButton } from '../../../components/Icon';
import { AssetsLink } from '../../../components/links';
import { changes, type Edit, otherType, valueAsJson, valueAsTyped } from './changes';
import { text } from './sideText';

const MOST_TITLE = 1000; // characters of a value that is shown in part

type Value = string | number | boolean;

interface MetadataProps {
  values: AssetItem['metadata'];
  entries: AssetFull['metadata'];
  edit: Edit | undefined; // undefined: the caller may not
}

interface TableProps extends MetadataProps {
  change: (key: string, value: Value) => void;
  remove: (key: string) => void;
}

function MetadataTable({ values, entries, edit, change, remove }: TableProps) {
  const keys = Object.keys(values).sort();
  if (keys.length === 0) return null;
  return (
    <table className="metadata">
      <thead className="hidden">
        <tr>
          <th scope="col">{text.metadata.columns.key}</th>
          <th scope="col">{text.metadata.columns.value}</th>
          <th scope="col">{text.metadata.columns.setBy}</th>
          <th scope="col">{text.metadata.columns.actions}</th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => {
          const value = values[key] ?? '';
          const entry = entries[key];
          return (
            <tr key={key}>
              <th scope="row">{key}</th>
              <td>
                <AssetsLink query={`metadata.${key}:${term(value)}`} title={String(value).slice(0, MOST_TITLE)}>
                  {String(value)}
                </AssetsLink>
              </td>
              <td className="by" title={entry === undefined ? undefined : text.metadata.setAt(when(entry.at))}>
                {entry?.source ?? ''}
              </td>
              <td className="row">
                {edit === undefined ? null : (
                  <>
                    <IconButton
                      icon="edit"
                      label={text.metadata.change(key)}
                      onClick={() => change(key, value)}
                      small
                    />
                    <IconButton icon="remove" label={text.metadata.remove(key)} onClick={() => remove(key)} small />
                  </>
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** What is known of the keys of the library that contain what is typed, and of the typed one. */
function useKnown(typed: string): { keys: KnownKey[]; known: KnownKey | undefined } {
  const late = useDeferredValue(typed);
  const { data } = useQuery(libraryQueries.metadataKeys(late));
  const keys = data?.keys ?? [];
  return { keys, known: keys.find((one) => one.key === typed) };
}

interface FieldsProps {
  name: string;
  setName: (name: string) => void;
  typed: string;
  setTyped: (typed: string) => void;
  keyInput: React.RefObject<HTMLInputElement | null>;
  valueInput: React.RefObject<HTMLInputElement | null>;
}

/** A key and its value. Known ones are offered, and a type that the key has nowhere else is noted. */
function Fields({ name, setName, typed, setTyped, keyInput, valueInput }: FieldsProps) {
  const id = useId();
  const { keys, known } = useKnown(name.trim());
  const other = typed === '' ? undefined : otherType(valueAsJson(typed), known);
  return (
    <>
      <input
        ref={keyInput}
        list={`${id}keys`}
        autoComplete="off"
        aria-label={text.metadata.key}
        placeholder={text.metadata.keyPlaceholder}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <datalist id={`${id}keys`}>
        {keys.map((one) => (
          <option key={one.key} value={one.key} />
        ))}
      </datalist>
      <input
        ref={valueInput}
        list={`${id}values`}
        autoComplete="off"
        aria-label={text.metadata.value}
        aria-describedby={other === undefined ? undefined : `${id}other`}
        placeholder={text.metadata.valuePlaceholder}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <datalist id={`${id}values`}>
        {known?.values.map(({ value }) => (
          <option key={JSON.stringify(value)} value={valueAsTyped(value)} />
        ))}
      </datalist>
      <button type="submit" className="secondary">
        {text.metadata.set}
      </button>
      {other === undefined ? null : (
        <p id={`${id}other`} className="quiet" role="status">
          {text.metadata.elsewhere[other]}
        </p>
      )}
    </>
  );
}

export function Metadata({ values, entries, edit }: MetadataProps) {
  const [key, setKey] = useState('');
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<string>();
  const keyInput = useRef<HTMLInputElement>(null);
  const valueInput = useRef<HTMLInputElement>(null);

  const set = async () => {
    if (edit === undefined) return;
    if (key.trim() === '') return keyInput.current?.focus();
    const json = valueAsJson(typed);
    if (json === null) return setError(text.metadata.noNull);
    const failure = await edit(changes.set(key.trim(), json));
    setError(failure);
    if (failure !== undefined) return;
    setKey('');
    setTyped('');
    keyInput.current?.focus();
  };
  const remove = async (name: string) => {
    setError(await edit?.(changes.remove(name)));
    keyInput.current?.focus();
  };
  const change = (name: string, value: Value) => {
    setKey(name);
    setTyped(valueAsTyped(value));
    valueInput.current?.focus();
  };
  return (
    <>
      <MetadataTable values={values} entries={entries} edit={edit} change={change} remove={remove} />
      {edit === undefined ? null : (
        <form
          className="edit"
          onSubmit={(event) => {
            event.preventDefault();
            void set();
          }}
        >
          <Fields
            name={key}
            setName={setKey}
            typed={typed}
            setTyped={setTyped}
            keyInput={keyInput}
            valueInput={valueInput}
          />
        </form>
      )}
      <ErrorText text={error} />
    </>
  );
}
