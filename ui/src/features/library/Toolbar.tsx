// The row above the grid: the query, how many assets it finds, their order and size.
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Problem } from '../../api/problem';
import { CELL_SIZES } from '../../components/address';
import { IconButton } from '../../components/Icon';
import { lazyPart } from '../../components/lazyPart';
import { useChangeQuery } from './panel/useChangeQuery';
import { ChoosePicture } from './picture/PictureSearch';
import { QueryBar } from './query/QueryBar';
import { type Order, orderOf, setOrder } from './query/terms';
import { SavedButton } from './saved/SavedButton';
import { TRASH, text } from './text';
import type { View } from './view';

// Not part of the library's first load.
const Buckets = lazyPart(() => import('./buckets/Buckets'), 'Buckets');

interface Props {
  query: string;
  error: Problem | null; // that points at a character of the query
  running: boolean;
  total: string | null;
  view: View;
  panel: boolean; // whether there is one to show
  choosePicture: (file: File) => void;
}

export function Toolbar({ query, error, running, total, view, panel, choosePicture }: Props) {
  const open = view.panel !== 'none';
  const [buckets, setBuckets] = useState(false);
  return (
    <div className="toolbar">
      {panel ? (
        <IconButton
          icon="panel"
          label={open ? text.hidePanel : text.showPanel}
          pressed={open}
          onClick={() => view.show(open ? 'none' : 'filters')}
        />
      ) : null}
      <QueryBar query={query} error={error} />
      {panel ? <ChoosePicture choose={choosePicture} /> : null}
      {panel ? (
        <span className="of-buckets">
          <IconButton icon="bucket" label={text.buckets} onClick={() => setBuckets(true)} />
        </span>
      ) : null}
      {buckets ? <Buckets close={() => setBuckets(false)} /> : null}
      {running ? (
        <Link className="busy" to="/runs">
          {text.runInProgress}
        </Link>
      ) : null}
      <output className="total">{total}</output>
      <SortControl query={query} />
      <SavedButton query={error === null ? query : undefined} />
      <Link
        className="trash"
        to="/"
        search={query === TRASH ? {} : { query: TRASH }}
        activeOptions={{ exact: true }}
        aria-current={query === TRASH ? 'page' : undefined}
      >
        {text.trash}
      </Link>
      <label className="size">
        <span className="hidden">{text.thumbnailSize}</span>
        <input
          type="range"
          min={CELL_SIZES.least}
          max={CELL_SIZES.most}
          step={4}
          value={view.size}
          onChange={(event) => view.resize(Number(event.target.value))}
        />
      </label>
    </div>
  );
}

function written(order: Order | undefined): string {
  return order === undefined ? '' : `${order.column}${order.descending ? ':desc' : ''}`;
}

/** The order is a term of the query, like everything else that chooses what is shown. */
function SortControl({ query }: { query: string }) {
  const change = useChangeQuery();
  const order = orderOf(query);
  const current = written(order);
  const known = text.orders.some((one) => written(one.order) === current);
  const choose = (value: string) => {
    const chosen = text.orders.find((one) => written(one.order) === value);
    change((now) => setOrder(now, chosen?.order));
  };
  return (
    <select className="sort" aria-label={text.sort} value={current} onChange={(event) => choose(event.target.value)}>
      {text.orders.map((one) => (
        <option key={one.name} value={written(one.order)}>
          {one.name}
        </option>
      ))}
      {known || order === undefined ? null : <option value={current}>{text.orderOf(order.column)}</option>}
    </select>
  );
}
