// The asset itself, as large as possible: a picture that can be zoomed, a player, or a text.
import { type ReactNode, useState } from 'react';
import { type AssetItem, originalUrl, previewUrl, thumbnailUrl } from '../../../api/client';
import { IconButton } from '../../../components/Icon';
import { lazyPart } from '../../../components/lazyPart';
import { EditLayer } from './editing/EditLayer';
import type { LabelEdit } from './editing/useLabelEdit';
import { Overlay } from './Overlay';
import { text } from './text';
import { type AnnotationView, FALLBACK } from './useAnnotations';
import { useReading } from './useReading';
import type { Zooming } from './useZoom';

// Not part of the library's first load.
const EditBar = lazyPart(() => import('./editing/EditBar'), 'EditBar');
const Player = lazyPart(() => import('./Player'), 'Player');
const TextView = lazyPart(() => import('./reading/TextView'), 'TextView');

// What browsers show as an image. Of other originals, such as a TIFF or a PDF, a preview is shown.
const SHOWN = /^image\/(jpeg|png|gif|webp|avif|bmp|svg\+xml)$/;
const LARGE = 8_000_000; // bytes of an original, beyond which a preview is enough
const DRAWN = 'image/svg+xml'; // of which browsers show nothing that a bucket sends as another type
const WHOLE = /^image\/(gif|svg\+xml)$/; // a preview has neither their motion nor their sharpness
const PREVIEWED = new Set(['image', 'document']);

/** The addresses of what is shown instead of the thumbnail: each one if those before it could not be loaded. */
function largeUrls(asset: AssetItem, page: number): string[] {
  const original = SHOWN.test(asset.media_type) ? [originalUrl(asset, { direct: asset.media_type === DRAWN })] : [];
  if (original.length > 0 && (asset.size <= LARGE || WHOLE.test(asset.media_type))) return original;
  const previewed = PREVIEWED.has(asset.kind) && asset.placeholder !== null;
  return previewed ? [previewUrl(asset, page), ...original] : original;
}

function unavailable(asset: AssetItem): string {
  if (asset.state !== 'present') return text.viewer.objectMissing;
  return SHOWN.test(asset.media_type) ? text.viewer.originalUnavailable : text.viewer.previewUnavailable;
}

interface StageProps {
  asset: AssetItem;
  pages: number | undefined; // of a document; undefined: not known yet
  labels: AnnotationView;
  edit: LabelEdit;
  stage: React.RefObject<HTMLDivElement | null>;
  frame: React.RefObject<HTMLDivElement | null>;
  zooming: Zooming;
}

export function Stage({ asset, pages, labels, edit, stage, frame, zooming }: StageProps) {
  const reading = useReading();
  const page = Math.min(reading.page, pages ?? reading.page);
  if (asset.kind === 'video' || asset.kind === 'audio') return <Player key={asset.id} asset={asset} />;
  if (asset.kind === 'text') return <TextView key={asset.id} asset={asset} reading={reading} />;
  const { scale, x, y } = zooming.zoom;
  return (
    <div className={edit.draft === undefined ? 'viewer-room' : 'viewer-room editing'}>
      <div ref={stage} className={scale > 1 ? 'stage zoomed' : 'stage'} {...zooming.handlers}>
        <Picture
          key={page}
          asset={asset}
          page={page}
          frame={frame}
          transform={`translate(${x}px, ${y}px) scale(${scale})`}
        >
          {edit.draft !== undefined ? (
            <EditLayer edit={edit} colours={labels.colours} fallback={FALLBACK} scale={scale} />
          ) : labels.shown === undefined ? null : (
            <Overlay annotations={labels.annotations} shown={labels.shown} scale={scale} />
          )}
        </Picture>
        {pages !== undefined && pages > 1 ? <Pages page={page} pages={pages} turn={reading.turn} /> : null}
      </div>
      <EditBar edit={edit} />
    </div>
  );
}

interface PictureProps {
  asset: AssetItem;
  page: number;
  frame: React.RefObject<HTMLDivElement | null>;
  transform: string;
  children: ReactNode;
}

/** The thumbnail at once, and the original or a preview above it when it has loaded. */
function Picture({ asset, page, frame, transform, children }: PictureProps) {
  const [shown, setShown] = useState(false);
  const [failed, setFailed] = useState(0);
  const urls = largeUrls(asset, page);
  const url = urls[failed];
  const { width, height } = asset;
  const shape =
    width === null || height === null
      ? { width: '100cqw', height: '100cqh' }
      : { width: `min(100cqw, 100cqh * ${width / height}, ${width}px)`, aspectRatio: `${width} / ${height}` };
  return (
    <>
      <div ref={frame} className="frame" style={{ ...shape, transform }}>
        {asset.placeholder !== null && page === 1 ? (
          <img src={thumbnailUrl(asset)} alt={asset.name} className="under" draggable={false} />
        ) : null}
        {url !== undefined ? (
          <img
            src={url}
            alt={page === 1 ? '' : asset.name}
            className={shown ? 'over ready' : 'over'}
            draggable={false}
            onLoad={() => setShown(true)}
            onError={() => setFailed(failed + 1)}
          />
        ) : null}
        {children}
      </div>
      {failed > 0 && failed === urls.length ? (
        <p className="stage-note" role="status">
          {unavailable(asset)}
        </p>
      ) : null}
    </>
  );
}

/** The pages of a document, one at a time. */
function Pages({ page, pages, turn }: { page: number; pages: number; turn: (page: number) => void }) {
  return (
    <fieldset className="pages" aria-label={text.viewer.pages}>
      <IconButton
        icon="previous"
        label={text.viewer.previousPage}
        onClick={() => turn(page - 1)}
        disabled={page <= 1}
      />
      <span aria-live="polite">{text.viewer.page(page, pages)}</span>
      <IconButton icon="next" label={text.viewer.nextPage} onClick={() => turn(page + 1)} disabled={page >= pages} />
    </fieldset>
  );
}
