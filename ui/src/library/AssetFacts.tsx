// Everything known of one asset, the most wanted first.
import type { ReactNode } from 'react';
import { type AssetFull, type AssetItem, originalUrl } from '../api/client';
import { bytes, count, quoted, when } from '../format';
import { to } from '../router';
import { Trouble, useAct } from '../shell/act';
import { Badge } from '../shell/Badge';
import { CopyButton } from '../shell/CopyButton';
import { Link } from '../shell/Link';
import { Prose } from '../shell/Notice';
import { type Edit, Metadata, Tags } from './Editing';
import { cameraFacts, type Fact, otherFacts } from './facts';

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="part">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl className="facts">
      {facts.map((fact) => (
        <div key={fact.name}>
          <dt>{fact.name}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}

function format(mediaType: string): string {
  return (mediaType.split('/')[1] ?? mediaType).toUpperCase();
}

interface AssetFactsProps {
  asset: AssetItem;
  detail: AssetFull | undefined;
  edit: Edit;
  restore: () => Promise<void>;
}

export function AssetFacts({ asset, detail, edit, restore }: AssetFactsProps) {
  const camera = detail === undefined ? [] : cameraFacts(detail.facts);
  return (
    <>
      <header className="part">
        <h1 className="wrap">{asset.name}</h1>
        <p className="quiet">
          {asset.width !== null && asset.height !== null ? `${count(asset.width)} × ${count(asset.height)} · ` : ''}
          {bytes(asset.size)} · {format(asset.media_type)}
        </p>
        <p className="row">{asset.state !== 'present' ? <Badge state={asset.state} /> : null}</p>
        <Tags key={asset.id} tags={asset.tags} edit={edit} />
      </header>
      {asset.state === 'trash' ? <InTrash key={asset.id} restore={restore} /> : null}
      {detail !== undefined && detail.warnings.length > 0 ? (
        <Part title="Warnings">
          <ul className="warnings">
            {detail.warnings.map((warning) => (
              <li key={warning}>
                <Prose text={warning} />
              </li>
            ))}
          </ul>
        </Part>
      ) : null}
      <Part title="Metadata">
        <Metadata key={asset.id} values={asset.metadata} entries={detail?.metadata ?? {}} edit={edit} />
      </Part>
      {camera.length > 0 ? (
        <Part title="Camera">
          <Facts facts={camera} />
        </Part>
      ) : null}
      <Origin asset={asset} detail={detail} />
      {asset.projects.length > 0 ? (
        <Part title="Projects">
          <Names field="project" names={asset.projects} />
        </Part>
      ) : null}
      {detail !== undefined ? <Technical detail={detail} /> : null}
    </>
  );
}

function InTrash({ restore }: { restore: () => Promise<void> }) {
  const act = useAct();
  return (
    <Part title="In the trash">
      <p>
        Searches leave it out. Restored, it is as it was: tags, metadata and projects stay, and it counts as missing
        where its object is gone. Should the object return, it comes back by itself.
      </p>
      <p>
        <button type="button" className="more" disabled={act.busy} onClick={() => act.run(restore)}>
          {act.busy ? 'Restoring…' : 'Restore'}
        </button>
      </p>
      <Trouble text={act.trouble} />
    </Part>
  );
}

function Origin({ asset, detail }: { asset: AssetItem; detail: AssetFull | undefined }) {
  const facts: Fact[] = [{ name: 'Key', value: asset.key }];
  if (asset.modified !== null) facts.push({ name: 'Modified', value: when(asset.modified) });
  if (detail !== undefined) facts.push({ name: 'Added', value: when(detail.created) });
  if (detail?.sidecar_key) facts.push({ name: 'Sidecar', value: detail.sidecar_key });
  if (detail?.storage_class) facts.push({ name: 'Storage class', value: detail.storage_class });
  if (detail?.version) facts.push({ name: 'Version', value: detail.version });
  return (
    <Part title="Source">
      <Names field="datasource" names={asset.datasources} />
      <Facts facts={facts} />
      <div className="command">
        <code>{asset.uri}</code>
        <CopyButton text={asset.uri} what="the address" />
      </div>
      <p>
        <a href={originalUrl(asset)} target="_blank" rel="noreferrer">
          Open the original
        </a>
      </p>
    </Part>
  );
}

/** Names, each leading to all that the field has of it. */
function Names({ field, names }: { field: string; names: string[] }) {
  return (
    <p className="row">
      {names.map((name) => (
        <Link key={name} className="chip" to={to('/', { query: `${field}:${quoted(name)}` })}>
          {name}
        </Link>
      ))}
    </p>
  );
}

function orientation(stored: number | null): Fact[] {
  if (stored === null) return [];
  return [{ name: 'Orientation', value: stored === 1 ? 'upright' : `EXIF ${stored}, turned upright` }];
}

function Technical({ detail }: { detail: AssetFull }) {
  const facts: Fact[] = [
    ...otherFacts(detail.facts),
    ...orientation(detail.orientation),
    { name: 'Media type', value: detail.asset.media_type },
    { name: 'BLAKE3', value: detail.digest },
    { name: 'Change token', value: detail.token },
    { name: 'Asset', value: detail.asset.id },
  ];
  return (
    <Part title="File">
      <Facts facts={facts} />
    </Part>
  );
}
