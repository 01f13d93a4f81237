// The metadata keys that a bulk edit sets or removes. The type of a known key is chosen with it.
import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import type { KnownKey } from '../../../api/client';
import { libraryQueries } from '../../../api/libraryQueries';
import { IconButton } from '../../../components/Icon';
import { jsonOf, type Row, type Typed } from './draft';
import { text } from './text';

const { metadata: texts } = text;
const SET = 'set';
const REMOVE = 'remove';
const BOOLEANS = [
  { json: 'true', name: texts.yes },
  { json: 'false', name: texts.no },
];
const TYPES: Typed[] = ['text', 'number', 'boolean'];

function typeOf(known: KnownKey | undefined): Typed | undefined {
  if (known === undefined) return undefined;
  return known.type === 'number' || known.type === 'boolean' ? known.type : 'text';
}

interface Props {
  rows: Row[];
  change: (rows: Row[]) => void;
}

export function newRow(id: number): Row {
  return { id, key: '', remove: false, type: 'text', value: '' };
}

export function MetadataRows({ rows, change }: Props) {
  const id = useId();
  const { data } = useQuery(libraryQueries.metadataKeys(''));
  const known = data?.keys ?? [];
  const set = (row: Row, part: Partial<Row>) =>
    change(rows.map((one) => (one.id === row.id ? { ...one, ...part } : one)));
  const name = (row: Row, key: string) => {
    const type = typeOf(known.find((one) => one.key === key));
    set(row, type === undefined ? { key } : { key, type, value: type === row.type ? row.value : '' });
  };
  return (
    <div className="bulk-rows">
      <datalist id={id}>
        {known.map((one) => (
          <option key={one.key} value={one.key} />
        ))}
      </datalist>
      {rows.map((row) => (
        <div key={row.id} className="bulk-row">
          <input
            list={id}
            aria-label={texts.key}
            placeholder={texts.key}
            value={row.key}
            onChange={(event) => name(row, event.target.value)}
          />
          <select
            aria-label={texts.action}
            value={row.remove ? REMOVE : SET}
            onChange={(event) => set(row, { remove: event.target.value === REMOVE })}
          >
            <option value={SET}>{texts.set}</option>
            <option value={REMOVE}>{texts.remove}</option>
          </select>
          {row.remove ? null : <Value row={row} set={(part) => set(row, part)} />}
          {rows.length > 1 ? (
            <IconButton
              icon="remove"
              label={texts.drop}
              onClick={() => change(rows.filter((one) => one.id !== row.id))}
              small
            />
          ) : null}
        </div>
      ))}
      <button
        type="button"
        className="link"
        onClick={() => change([...rows, newRow(Math.max(0, ...rows.map((one) => one.id)) + 1)])}
      >
        {texts.add}
      </button>
    </div>
  );
}

function Value({ row, set }: { row: Row; set: (part: Partial<Row>) => void }) {
  const id = useId();
  const wrong = row.type === 'number' && row.value.trim() !== '' && jsonOf(row) === undefined;
  return (
    <>
      <select aria-label={texts.type} value={row.type} onChange={(event) => set({ type: event.target.value as Typed })}>
        {TYPES.map((type) => (
          <option key={type} value={type}>
            {texts.types[type]}
          </option>
        ))}
      </select>
      {row.type === 'boolean' ? (
        <select aria-label={texts.value} value={row.value} onChange={(event) => set({ value: event.target.value })}>
          {BOOLEANS.map(({ json, name }) => (
            <option key={json} value={json}>
              {name}
            </option>
          ))}
        </select>
      ) : (
        <input
          aria-label={texts.value}
          aria-invalid={wrong}
          aria-describedby={wrong ? id : undefined}
          inputMode={row.type === 'number' ? 'decimal' : 'text'}
          placeholder={texts.value}
          value={row.value}
          onChange={(event) => set({ value: event.target.value })}
        />
      )}
      {wrong ? (
        <p id={id} className="error-text">
          {texts.notNumber}
        </p>
      ) : null}
    </>
  );
}
