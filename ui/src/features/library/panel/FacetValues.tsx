// The values of a facet with their counts. A click adds a value to the query or takes it out of it.
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import type { Facet, Suggestion } from '../../../api/client';
import { libraryQueries } from '../../../api/libraryQueries';
import { count, quoted } from '../../../components/format';
import { IconButton } from '../../../components/Icon';
import { isChosen, toggleValue, type Value } from '../query/terms';
import { isExcluded, toggleExclusion } from './fields';
import { text } from './text';
import { useChangeQuery } from './useChangeQuery';

interface RowProps {
  field: string;
  query: string;
  value: Value;
  assets: number | null;
  share: number; // of the most frequent value
  estimated: boolean;
}

function ValueRow({ field, query, value, assets, share, estimated }: RowProps) {
  const change = useChangeQuery();
  const name = value === '' ? text.emptyValue : String(value);
  const excluded = isExcluded(query, field, value);
  return (
    <li className={excluded ? 'value excluded' : 'value'}>
      <button
        type="button"
        aria-pressed={isChosen(query, field, value)}
        title={name}
        onClick={() => change((now) => toggleValue(now, field, value))}
      >
        <span className="value-name">{name}</span>
        <span className="value-count">{assets === null ? null : estimated ? text.about(assets) : count(assets)}</span>
        <span className="value-share" style={{ inlineSize: `${share * 100}%` }} aria-hidden="true" />
      </button>
      <IconButton
        icon={excluded ? 'add' : 'exclude'}
        label={excluded ? text.excluded(name) : text.exclude(name)}
        onClick={() => change((now) => toggleExclusion(now, field, value))}
        small
      />
    </li>
  );
}

export function FacetValues({ facet, query }: { facet: Facet; query: string }) {
  const most = Math.max(1, ...facet.values.map((one) => one.assets));
  return (
    <>
      <ul className="values">
        {facet.values.map(({ value, assets }) => (
          <ValueRow
            key={`${typeof value} ${value}`}
            field={facet.field}
            query={query}
            value={value}
            assets={assets}
            share={assets / most}
            estimated={facet.sampled !== null}
          />
        ))}
      </ul>
      {facet.more ? <FindValue field={facet.field} query={query} /> : null}
    </>
  );
}

function asValue({ label, type }: Suggestion): Value {
  if (type === 'number' && label.trim() !== '') return Number(label);
  if (type === 'boolean') return label === 'true';
  return label;
}

/** A field has more values than a list can show: they are found by their beginning. */
function FindValue({ field, query }: { field: string; query: string }) {
  const [typed, setTyped] = useState('');
  const late = useDeferredValue(typed);
  const begun = /[\s"()\\]/.test(late) ? quoted(late).slice(0, -1) : late;
  const asked = `${field}:${begun}`;
  const { data } = useQuery(
    libraryQueries.completions(late === '' ? undefined : { query: asked, position: Array.from(asked).length }),
  );
  const found = data?.suggestions.filter(({ kind }) => kind === 'value' || kind === 'tag') ?? [];
  const most = Math.max(1, ...found.map((one) => one.assets ?? 0));
  return (
    <div className="find">
      <input
        type="search"
        aria-label={text.find(field)}
        placeholder={text.find(field)}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      {late !== '' && data !== undefined ? (
        found.length === 0 ? (
          <p className="quiet">{text.noValue}</p>
        ) : (
          <ul className="values">
            {found.map((one) => (
              <ValueRow
                key={one.text}
                field={field}
                query={query}
                value={asValue(one)}
                assets={one.assets}
                share={(one.assets ?? 0) / most}
                estimated={false}
              />
            ))}
          </ul>
        )
      ) : null}
    </div>
  );
}
