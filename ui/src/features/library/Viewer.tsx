// One asset above the grid: its image as large as possible, and its facts beside it.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { type AssetFull, type AssetItem, answer, client, originalUrl, thumbnailUrl } from '../../api/client';
import { describeError } from '../../api/problem';
import { keys, queries } from '../../api/queries';
import { IconButton } from '../../components/Icon';
import { ErrorNotice } from '../../components/Notice';
import { text as texts } from '../../components/text';
import { AssetFacts } from './AssetFacts';
import type { Edit } from './changes';
import { text } from './text';

interface Props {
  id: string;
  known: AssetItem | undefined; // as far as the grid has it
  place: { index: number; total: number; capped: boolean } | null; // in the result, if it is part of it
  previous: (() => void) | null;
  next: (() => void) | null;
  close: () => void;
}

/** The changes that can be made to an asset. */
function useChanges(id: string): { edit: Edit; restore: () => Promise<void> } {
  const cache = useQueryClient();
  const params = { path: { asset_id: id } };
  const edit: Edit = async (body) => {
    try {
      const raw = { body: body as never, bodySerializer: () => body }; // sent as it is: numbers keep their digits
      const edited = await answer(client.PATCH('/api/v1/assets/{asset_id}', { params, ...raw }));
      await cache.cancelQueries({ queryKey: keys.asset(id) }); // an older answer must not replace this one
      cache.setQueryData(keys.asset(id), edited);
    } catch (error) {
      return describeError(error);
    }
  };
  const restore = async () => {
    const restored = await answer(client.POST('/api/v1/assets/{asset_id}/restore', { params }));
    cache.setQueryData(keys.asset(id), restored);
    await cache.invalidateQueries({ queryKey: keys.assets });
  };
  return { edit, restore };
}

export function Viewer({ id, known, place, previous, next, close }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { data, error } = useQuery(queries.asset(id));
  const asset = data?.asset ?? known;

  useEffect(() => {
    const element = dialog.current;
    if (element === null) return;
    element.showModal();
    return () => element.close();
  }, []);

  const onKey = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLInputElement) return; // there, arrows move within the text
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const action = { ArrowLeft: previous, ArrowRight: next }[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  };
  return (
    <dialog
      ref={dialog}
      className="viewer"
      aria-label={asset?.name ?? text.viewer.untitled}
      onKeyDown={onKey}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
    >
      <div className="viewer-bar">
        <IconButton icon="close" label={texts.close} onClick={close} />
        <span className="quiet">
          {place !== null ? text.viewer.position(place.index, place.total, place.capped) : null}
        </span>
        <IconButton icon="previous" label={text.viewer.previous} onClick={() => previous?.()} disabled={!previous} />
        <IconButton icon="next" label={text.viewer.next} onClick={() => next?.()} disabled={!next} />
      </div>
      <div className="stage">{asset !== undefined ? <Picture key={asset.id} asset={asset} /> : null}</div>
      <Side id={id} asset={asset} detail={data} error={error} />
    </dialog>
  );
}

interface SideProps {
  id: string;
  asset: AssetItem | undefined;
  detail: AssetFull | undefined;
  error: Error | null;
}

function Side({ id, asset, detail, error }: SideProps) {
  const { edit, restore } = useChanges(id);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="side" aria-label={text.viewer.facts} tabIndex={0}>
      {error !== null && detail === undefined ? <ErrorNotice error={error} /> : null}
      {asset !== undefined ? <AssetFacts asset={asset} detail={detail} edit={edit} restore={restore} /> : null}
    </section>
  );
}

// What browsers show as an image; of other originals, such as a TIFF, a PDF or a video, only the thumbnail is shown.
const SHOWN = /^image\/(jpeg|png|gif|webp|avif|bmp|svg\+xml)$/;

/** The thumbnail at once, and the original above it when it has loaded. */
function Picture({ asset }: { asset: AssetItem }) {
  const [state, setState] = useState<'loading' | 'shown' | 'failed'>('loading');
  return (
    <>
      <div className="frame" style={{ maxWidth: asset.width ?? undefined, maxHeight: asset.height ?? undefined }}>
        {asset.placeholder !== null ? <img src={thumbnailUrl(asset)} alt={asset.name} className="under" /> : null}
        {SHOWN.test(asset.media_type) ? (
          <img
            src={originalUrl(asset)}
            alt=""
            className={state === 'shown' ? 'over ready' : 'over'}
            hidden={state === 'failed'}
            onLoad={() => setState('shown')}
            onError={() => setState('failed')}
          />
        ) : null}
      </div>
      {state === 'failed' ? (
        <p className="stage-note" role="status">
          {asset.state !== 'present' ? text.viewer.objectMissing : text.viewer.originalUnavailable}
        </p>
      ) : null}
    </>
  );
}
