// All that is known of one asset, the most wanted first.
import type { ReactNode } from 'react';
import { type AssetFull, type AssetItem, originalUrl, type PictureText } from '../../../api/client';
import { AssetBadge } from '../../../components/Badge';
import { Copyable, CopyButton } from '../../../components/CopyButton';
import { ErrorText } from '../../../components/ErrorText';
import { bytes, quoted, when } from '../../../components/format';
import { lazyPart } from '../../../components/lazyPart';
import { AssetsLink } from '../../../components/links';
import { Prose } from '../../../components/Rich';
import { useAsyncAction } from '../../../components/useAsyncAction';
import { ReprocessPart } from '../reprocess/ReprocessPart';
import { AnnotationList } from './AnnotationList';
import { FailedCalls } from './calls/FailedCalls';
import { cameraFacts, type Fact, mediaFacts, otherFacts, positionOf } from './facts';
import { History } from './History';
import { Metadata } from './Metadata';
import { text } from './sideText';
import { Tags } from './Tags';
import { UsedIn } from './UsedIn';
import type { AnnotationView } from './useAnnotations';
import type { Changes } from './useChanges';

const MapView = lazyPart(() => import('./MapView'), 'MapView', <div className="map" />);
const Similar = lazyPart(() => import('./Similar'), 'Similar');

const { parts } = text.asset;

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
  labels: AnnotationView;
  changes: Changes; // without those that the caller may not make
}

export function AssetFacts({ asset, detail, labels, changes }: AssetFactsProps) {
  const { edit } = changes;
  const camera = detail === undefined ? [] : cameraFacts(detail.facts);
  const media = detail === undefined ? [] : mediaFacts(detail.facts);
  const position = detail === undefined ? undefined : positionOf(detail.facts);
  return (
    <>
      <header className="part">
        <h1 className="wrap">{asset.name}</h1>
        <p className="quiet">
          {text.asset.dimensions(asset.width, asset.height, bytes(asset.size), format(asset.media_type))}
        </p>
        <p className="row">{asset.state !== 'present' ? <AssetBadge state={asset.state} /> : null}</p>
        <Tags key={asset.id} tags={asset.tags} edit={edit} />
      </header>
      {asset.state === 'trash' ? <InTrash key={asset.id} restore={changes.restore} /> : null}
      {detail !== undefined && detail.warnings.length > 0 ? <Warnings warnings={detail.warnings} /> : null}
      <FailedCalls key={`calls ${asset.id}`} id={asset.id} />
      {labels.classes.length > 0 ? (
        <Part title={parts.annotations}>
          <AnnotationList view={labels} />
        </Part>
      ) : null}
      <Part title={parts.metadata}>
        <Metadata key={asset.id} values={asset.metadata} entries={detail?.metadata ?? {}} edit={edit} />
      </Part>
      {detail?.picture_text != null ? <TextInPicture read={detail.picture_text} /> : null}
      {camera.length > 0 ? (
        <Part title={parts.camera}>
          <Facts facts={camera} />
        </Part>
      ) : null}
      {position !== undefined ? (
        <Part title={parts.place}>
          <MapView {...position} />
          <Copyable text={`${position.latitude}, ${position.longitude}`} what={text.facts.position.toLowerCase()} />
        </Part>
      ) : null}
      {media.length > 0 ? (
        <Part title={parts.media}>
          <Facts facts={media} />
        </Part>
      ) : null}
      {detail !== undefined && (asset.kind === 'image' || asset.kind === 'video') ? (
        <Similar key={`similar ${asset.id}`} asset={asset} />
      ) : null}
      <Source asset={asset} detail={detail} />
      <UsedIn key={`used ${asset.id}`} asset={asset} />
      {detail !== undefined ? <File detail={detail} /> : null}
      <Part title={parts.history}>
        <History key={asset.id} id={asset.id} />
      </Part>
      {asset.state !== 'trash' && changes.edit !== undefined ? (
        <ReprocessPart key={`reprocess ${asset.id}`} id={asset.id} />
      ) : null}
      {asset.state !== 'trash' && changes.trash !== undefined ? <ToTrash key={asset.id} trash={changes.trash} /> : null}
    </>
  );
}

function InTrash({ restore }: { restore: (() => Promise<void>) | undefined }) {
  const action = useAsyncAction();
  return (
    <Part title={parts.trash}>
      <p>{text.asset.trashExplanation}</p>
      {restore === undefined ? null : (
        <p>
          <button type="button" className="secondary" disabled={action.busy} onClick={() => action.run(restore)}>
            {action.busy ? text.asset.restoring : text.asset.restore}
          </button>
        </p>
      )}
      <ErrorText text={action.error} />
    </Part>
  );
}

function ToTrash({ trash }: { trash: () => Promise<void> }) {
  const action = useAsyncAction();
  return (
    <div className="part">
      <button type="button" className="secondary" disabled={action.busy} onClick={() => action.run(trash)}>
        {action.busy ? text.asset.trashing : text.asset.toTrash}
      </button>
      <ErrorText text={action.error} />
    </div>
  );
}

function Warnings({ warnings }: { warnings: string[] }) {
  return (
    <Part title={parts.warnings}>
      <ul className="warnings">
        {warnings.map((warning) => (
          <li key={warning}>
            <Prose text={warning} />
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Source({ asset, detail }: { asset: AssetItem; detail: AssetFull | undefined }) {
  const facts: Fact[] = [{ name: text.asset.key, value: asset.key }];
  if (asset.modified !== null) facts.push({ name: text.asset.modified, value: when(asset.modified) });
  if (detail !== undefined) facts.push({ name: text.asset.added, value: when(detail.created) });
  if (detail?.sidecar_key) facts.push({ name: text.asset.sidecar, value: detail.sidecar_key });
  for (const key of detail?.duplicates ?? []) facts.push({ name: text.asset.duplicate, value: key });
  if (detail?.storage_class) facts.push({ name: text.asset.storageClass, value: detail.storage_class });
  if (detail?.version) facts.push({ name: text.asset.version, value: detail.version });
  return (
    <Part title={parts.source}>
      <Names field="datasource" names={asset.datasources} />
      <Facts facts={facts} />
      <Copyable text={asset.uri} what={text.asset.theAddress} />
      <p>
        <a href={originalUrl(asset)} target="_blank" rel="noreferrer">
          {text.asset.openOriginal}
        </a>
      </p>
    </Part>
  );
}

/** Names, each a link to the assets with that name in the field. */
function Names({ field, names }: { field: string; names: string[] }) {
  return (
    <p className="row">
      {names.map((name) => (
        <AssetsLink key={name} className="chip" query={`${field}:${quoted(name)}`}>
          {name}
        </AssetsLink>
      ))}
    </p>
  );
}

function TextInPicture({ read }: { read: PictureText }) {
  const words = text.asset.pictureText;
  const failed = read.text === '' ? words.failed : words.failedAgain;
  return (
    <Part title={parts.pictureText}>
      {read.failure !== null ? <p className="quiet">{failed(read.failure)}</p> : null}
      {read.failure === null && read.text === '' ? <p className="quiet">{words.none}</p> : null}
      {read.text !== '' ? (
        <>
          <p className="picture-text">{read.text}</p>
          <CopyButton text={read.text} what={words.what} />
        </>
      ) : null}
      {read.shortened ? <p className="quiet">{words.shortened}</p> : null}
    </Part>
  );
}

function orientation(stored: number | null): Fact[] {
  if (stored === null) return [];
  return [{ name: text.asset.orientation, value: stored === 1 ? text.asset.upright : text.asset.turned(stored) }];
}

function File({ detail }: { detail: AssetFull }) {
  const facts: Fact[] = [
    ...otherFacts(detail.facts),
    ...orientation(detail.orientation),
    { name: text.asset.mediaType, value: detail.asset.media_type },
    ...(detail.digest === null ? [] : [{ name: text.asset.digest, value: detail.digest }]),
    { name: text.asset.changeToken, value: detail.token },
    { name: text.asset.id, value: detail.asset.id },
  ];
  return (
    <Part title={parts.file}>
      <Facts facts={facts} />
    </Part>
  );
}
