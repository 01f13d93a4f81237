// One asset above the grid: its picture as large as it can be, and everything that is known of it.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { type AssetFull, type AssetItem, api, originalUrl, thumbnailUrl } from '../api/client';
import { count } from '../format';
import { inWords } from '../shell/act';
import { ProblemNotice } from '../shell/Notice';
import { AssetFacts } from './AssetFacts';
import type { Edit } from './Editing';

interface Props {
  id: string;
  known: AssetItem | undefined; // what the grid has of it already
  place: { index: number; total: number; capped: boolean } | null; // in the result, where it was found there
  previous: (() => void) | null;
  next: (() => void) | null;
  close: () => void;
}

export function Viewer({ id, known, place, previous, next, close }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { data, error } = useQuery({ queryKey: ['asset', id], queryFn: ({ signal }) => api.asset(id, signal) });
  const asset = data?.asset ?? known;
  const cache = useQueryClient();
  const edit: Edit = async (body) => {
    try {
      const edited = await api.edit(id, body);
      await cache.cancelQueries({ queryKey: ['asset', id] }); // an older answer must not come after this one
      cache.setQueryData(['asset', id], edited);
    } catch (failed) {
      return inWords(failed);
    }
  };

  const restore = async () => {
    cache.setQueryData(['asset', id], await api.restore(id));
    await cache.invalidateQueries({ queryKey: ['assets'] });
  };

  useEffect(() => {
    const element = dialog.current;
    if (element === null) return;
    element.showModal();
    return () => element.close();
  }, []);

  const onKey = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLInputElement) return; // there, arrows move within what is typed
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const act = { ArrowLeft: previous, ArrowRight: next }[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  };
  return (
    <dialog
      ref={dialog}
      className="viewer"
      aria-label={asset?.name ?? 'Asset'}
      onKeyDown={onKey}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
    >
      <div className="viewer-bar">
        <button type="button" className="icon" onClick={close} aria-label="Close">
          <svg viewBox="0 0 20 20" aria-hidden="true">
            <path d="m5 5 10 10M15 5 5 15" />
          </svg>
        </button>
        <span className="quiet">
          {place !== null ? `${count(place.index + 1)} of ${count(place.total)}${place.capped ? '+' : ''}` : ''}
        </span>
        <Step name="Previous" act={previous} path="m12 4-6 6 6 6" />
        <Step name="Next" act={next} path="m8 4 6 6-6 6" />
      </div>
      <div className="stage">{asset !== undefined ? <Picture key={asset.id} asset={asset} /> : null}</div>
      <Side asset={asset} detail={data} error={error} edit={edit} restore={restore} />
    </dialog>
  );
}

function Step({ name, act, path }: { name: string; act: (() => void) | null; path: string }) {
  return (
    <button type="button" className="icon" onClick={() => act?.()} disabled={act === null} aria-label={name}>
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <path d={path} />
      </svg>
    </button>
  );
}

interface SideProps {
  asset: AssetItem | undefined;
  detail: AssetFull | undefined;
  error: Error | null;
  edit: Edit;
  restore: () => Promise<void>;
}

function Side({ asset, detail, error, edit, restore }: SideProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="side" aria-label="Facts" tabIndex={0}>
      {error !== null && detail === undefined ? <ProblemNotice error={error} /> : null}
      {asset !== undefined ? <AssetFacts asset={asset} detail={detail} edit={edit} restore={restore} /> : null}
    </section>
  );
}

/** The thumbnail at once, the original over it when it has come. */
function Picture({ asset }: { asset: AssetItem }) {
  const [state, setState] = useState<'loading' | 'shown' | 'failed'>('loading');
  const trouble =
    asset.state !== 'present'
      ? 'The object is gone from its bucket. This is its thumbnail.'
      : 'The original cannot be shown here. This is its thumbnail.';
  return (
    <>
      <div className="frame" style={{ maxWidth: asset.width ?? undefined, maxHeight: asset.height ?? undefined }}>
        {asset.placeholder !== null ? <img src={thumbnailUrl(asset)} alt={asset.name} className="under" /> : null}
        <img
          src={originalUrl(asset)}
          alt=""
          className={state === 'shown' ? 'over ready' : 'over'}
          hidden={state === 'failed'}
          onLoad={() => setState('shown')}
          onError={() => setState('failed')}
        />
      </div>
      {state === 'failed' ? (
        <p className="stage-note" role="status">
          {trouble}
        </p>
      ) : null}
    </>
  );
}
