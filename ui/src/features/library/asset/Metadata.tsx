// The metadata of an asset: every key with its value and who set it, and the fields that set one.
import { useRef, useState } from 'react';
import type { AssetFull, AssetItem } from '../../../api/client';
import { ErrorText } from '../../../components/ErrorText';
import { term, when } from '../../../components/format';
import { IconButton } from '../../../components/Icon';
import { AssetsLink } from '../../../components/links';
import { changes, type Edit, valueAsJson, valueAsTyped } from './changes';
import { text } from './text';

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
          <input
            ref={keyInput}
            aria-label={text.metadata.key}
            placeholder={text.metadata.keyPlaceholder}
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
          <input
            ref={valueInput}
            aria-label={text.metadata.value}
            placeholder={text.metadata.valuePlaceholder}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
          <button type="submit" className="secondary">
            {text.metadata.set}
          </button>
        </form>
      )}
      <ErrorText text={error} />
    </>
  );
}
