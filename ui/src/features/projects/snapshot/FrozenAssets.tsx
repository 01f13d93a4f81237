// What a snapshot holds, page by page, as it was frozen; and what of it is gone.
import { useInfiniteQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { FrozenAsset, GoneAsset, Snapshot } from '../../../api/client';
import { snapshotQueries, type Wanted } from '../../../api/snapshotQueries';
import { inWorkspace } from '../../../api/workspace';
import { SelectField, TextField } from '../../../components/Field';
import { AssetLink } from '../../../components/links';
import { MoreButton } from '../../../components/MoreButton';
import { Pending } from '../../../components/Notice';
import { TableBox } from '../../../components/TableBox';
import { classCounts, classTotals, shownValue } from './frozen';
import { text } from './text';

interface Props {
  project: string;
  number: string;
}

/** Nothing where there is none, as of a text, or of an asset that is gone. */
function Thumbnail({ id }: { id: string }) {
  const [gone, setGone] = useState(false);
  if (gone) return null;
  const address = inWorkspace(`/api/v1/assets/${encodeURIComponent(id)}/thumbnail`);
  return <img src={address} alt="" loading="lazy" onError={() => setGone(true)} />;
}

function Values({ asset }: { asset: FrozenAsset }) {
  const metadata = Object.entries(asset.metadata);
  if (metadata.length === 0 && asset.annotations.length === 0) return null;
  return (
    <details>
      <summary>{text.assets.details(metadata.length, asset.annotations.length)}</summary>
      <ul className="wrap">
        {metadata.map(([key, value]) => (
          <li key={key}>
            <span className="mono quiet">{key}</span> {shownValue(value)}
          </li>
        ))}
        {classCounts(asset).map(([name, number]) => (
          <li key={`class ${name}`}>{text.assets.annotation(name, number)}</li>
        ))}
      </ul>
    </details>
  );
}

function Row({ asset }: { asset: FrozenAsset }) {
  return (
    <tr>
      <td>
        <Thumbnail id={asset.id} />
      </td>
      <td className="wrap">
        <AssetLink id={asset.id}>{asset.name}</AssetLink>
        {asset.key === asset.name ? null : <p className="mono quiet">{asset.key}</p>}
      </td>
      <td>{asset.split}</td>
      <td className="wrap">{asset.tags.join(', ')}</td>
      <td>{text.assets.size(asset.width, asset.height, asset.size)}</td>
      <td>
        <Values asset={asset} />
      </td>
    </tr>
  );
}

interface Searched {
  wanted: Wanted;
  search: (wanted: Wanted) => unknown;
}

/** What is searched is in the address; a name once it is typed. */
function Search({ snapshot, wanted, search }: Searched & { snapshot: Snapshot }) {
  const [typed, setTyped] = useState(wanted.named ?? '');
  const { find } = text.assets;
  const classes = classTotals(snapshot.classes).map(([name]) => ({ value: name, label: name }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    search({ named: typed.trim() });
  };
  return (
    <form className="frozen-search" onSubmit={submit}>
      <TextField label={find.named} value={typed} change={setTyped} />
      {classes.length === 0 ? null : (
        <SelectField
          label={find.class}
          value={wanted.class_name ?? ''}
          change={(name) => search({ class_name: name })}
          options={[{ value: '', label: find.any }, ...classes]}
        />
      )}
      <button type="submit" className="secondary">
        {find.action}
      </button>
    </form>
  );
}

export function FrozenAssets({ snapshot, project, number, wanted, search }: Props & Searched & { snapshot: Snapshot }) {
  const found = useInfiniteQuery(snapshotQueries.assets(project, number, wanted));
  const { columns, find } = text.assets;
  const none = found.data?.pages.every(({ items }) => items.length === 0) ?? false;
  return (
    <div className="stack-s">
      <p className="quiet">{text.assets.lead}</p>
      <Search snapshot={snapshot} wanted={wanted} search={search} />
      <Pending data={found.data} error={found.error} />
      {none && found.data !== undefined ? (
        <p className="quiet">{found.hasNextPage ? find.noneYet : find.none}</p>
      ) : null}
      {found.data === undefined || none ? null : (
        <TableBox
          name="frozen-table"
          label={text.assets.title}
          columns={Object.values(columns)}
          unseen={columns.picture}
          named={[columns.split, columns.tags]}
        >
          {found.data.pages.flatMap(({ items }) => items.map((asset) => <Row key={asset.id} asset={asset} />))}
        </TableBox>
      )}
      <MoreButton list={found} />
    </div>
  );
}

function GoneRow({ asset }: { asset: GoneAsset }) {
  return (
    <tr>
      <td className="mono wrap" title={asset.uri}>
        {asset.reason === 'removed' ? asset.key : <AssetLink id={asset.asset_id}>{asset.key}</AssetLink>}
      </td>
      <td>{text.gone.reasons[asset.reason]}</td>
      <td className="mono wrap">{asset.version}</td>
    </tr>
  );
}

export function GoneAssets({ project, number }: Props) {
  const found = useInfiniteQuery(snapshotQueries.gone(project, number));
  const rows = found.data?.pages.flatMap(({ items }) => items) ?? [];
  const { columns } = text.gone;
  return (
    <div className="stack-s">
      <Pending data={found.data} error={found.error} />
      {found.data === undefined ? null : <p className="quiet">{rows.length === 0 ? text.gone.none : text.gone.lead}</p>}
      {rows.length === 0 ? null : (
        <TableBox name="gone-table" label={text.gone.title} columns={Object.values(columns)} named={[columns.version]}>
          {rows.map((asset) => (
            <GoneRow key={asset.asset_id} asset={asset} />
          ))}
        </TableBox>
      )}
      <MoreButton list={found} />
    </div>
  );
}
