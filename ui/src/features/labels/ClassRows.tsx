// The classes of an ontology as rows: colour, name, shape, and what is known of them further, folded.

import { quoted } from '../../components/format';
import { IconButton } from '../../components/Icon';
import { AssetsLink } from '../../components/links';
import { newRow, type Pair, type Row, SHAPES, TYPES } from './classes';
import { text } from './text';

const { classes, attributes, externalIds } = text;

interface Props {
  rows: Row[];
  change: ((rows: Row[]) => void) | undefined; // undefined: they are only shown
  used: Map<string, number>; // annotations of each class
}

export function ClassRows({ rows, change, used }: Props) {
  const set = (row: Row, part: Partial<Row>) =>
    change?.(rows.map((one) => (one.id === row.id ? { ...one, ...part } : one)));
  return (
    <>
      {rows.length === 0 ? <p className="quiet">{classes.none}</p> : null}
      <ul className="class-rows">
        {rows.map((row, position) => (
          <ClassRow
            key={row.id}
            row={row}
            position={position + 1}
            used={used.get(row.name) ?? 0}
            set={change === undefined ? undefined : (part) => set(row, part)}
            remove={change === undefined ? undefined : () => change(rows.filter((one) => one.id !== row.id))}
          />
        ))}
      </ul>
      {change === undefined ? null : (
        <p>
          <button type="button" className="secondary" onClick={() => change([...rows, newRow(rows)])}>
            {classes.add}
          </button>
        </p>
      )}
    </>
  );
}

interface RowProps {
  row: Row;
  position: number;
  used: number;
  set: ((part: Partial<Row>) => void) | undefined;
  remove: (() => void) | undefined;
}

function ClassRow({ row, position, used, set, remove }: RowProps) {
  const name = row.name === '' ? classes.unnamed : row.name;
  const disabled = set === undefined;
  return (
    <li className="class-row">
      <input
        type="color"
        aria-label={classes.colour(name)}
        value={row.colour}
        disabled={disabled}
        onChange={(event) => set?.({ colour: event.target.value })}
      />
      <input
        className="class-name"
        aria-label={classes.nameOf(position)}
        placeholder={classes.name}
        value={row.name}
        readOnly={disabled}
        onChange={(event) => set?.({ name: event.target.value })}
      />
      <select
        aria-label={classes.shapeOf(name)}
        value={row.shape}
        disabled={disabled}
        onChange={(event) => set?.({ shape: event.target.value as Row['shape'] })}
      >
        {SHAPES.map((shape) => (
          <option key={shape} value={shape}>
            {classes.shapes[shape]}
          </option>
        ))}
      </select>
      <span className="class-used">
        {used === 0 ? null : <AssetsLink query={`class:${quoted(row.name)}`}>{classes.used(used)}</AssetsLink>}
      </span>
      {remove === undefined ? null : <IconButton icon="remove" label={classes.remove(name)} onClick={remove} small />}
      <details>
        <summary>{classes.more(row.attributes.length, row.externalIds.length)}</summary>
        <Pairs texts={attributes} pairs={row.attributes} set={set && ((found) => set({ attributes: found }))} typed />
        <Pairs texts={externalIds} pairs={row.externalIds} set={set && ((found) => set({ externalIds: found }))} />
      </details>
    </li>
  );
}

interface PairsProps {
  texts: { title: string; name: string; add: string; drop: string };
  pairs: Pair[];
  set: ((pairs: Pair[]) => void) | undefined;
  typed?: boolean; // the value is the type of an attribute
}

function Pairs({ texts, pairs, set, typed = false }: PairsProps) {
  const put = (place: number, part: Partial<Pair>) =>
    set?.(pairs.map((one, index) => (index === place ? { ...one, ...part } : one)));
  return (
    <fieldset className="pairs" disabled={set === undefined}>
      <legend>{texts.title}</legend>
      {pairs.map((pair, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pairs have no other identity while their names are typed
        <div key={place} className="pair">
          <input
            aria-label={texts.name}
            placeholder={texts.name}
            value={pair.name}
            onChange={(event) => put(place, { name: event.target.value })}
          />
          {typed ? (
            <select
              aria-label={attributes.type}
              value={pair.value}
              onChange={(event) => put(place, { value: event.target.value })}
            >
              {TYPES.map((type) => (
                <option key={type} value={type}>
                  {attributes.types[type]}
                </option>
              ))}
            </select>
          ) : (
            <input
              aria-label={externalIds.value}
              placeholder={externalIds.value}
              value={pair.value}
              onChange={(event) => put(place, { value: event.target.value })}
            />
          )}
          <IconButton
            icon="remove"
            label={texts.drop}
            onClick={() => set?.(pairs.filter((_, index) => index !== place))}
            small
          />
        </div>
      ))}
      <button
        type="button"
        className="link"
        onClick={() => set?.([...pairs, { name: '', value: typed ? 'text' : '' }])}
      >
        {texts.add}
      </button>
    </fieldset>
  );
}
