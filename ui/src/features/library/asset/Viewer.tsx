// One asset above the grid: as large as possible, with its facts beside it.
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import type { AssetFull, AssetItem } from '../../../api/client';
import { queries } from '../../../api/queries';
import { IconButton } from '../../../components/Icon';
import { lazyPart } from '../../../components/lazyPart';
import { Pending } from '../../../components/Notice';
import { text as texts } from '../../../components/text';
import { usePermission } from '../../../components/usePermission';
import { editByKey, undoByKey } from './editing/editKeys';
import { type LabelEdit, useLabelEdit } from './editing/useLabelEdit';
import { Stage } from './Stage';
import { text } from './text';
import { type AnnotationView, useAnnotations } from './useAnnotations';
import { useChanges } from './useChanges';
import { useZoom, ZOOM_STEP, type Zooming } from './useZoom';
import './viewer.css';

// Not part of the library's first load: the picture is shown before it.
const AssetFacts = lazyPart(() => import('./AssetFacts'), 'AssetFacts');

interface Props {
  id: string;
  known: AssetItem | undefined; // as far as the grid has it
  place: { index: number; total: number; capped: boolean } | null; // in the result, if it is part of it
  previous: (() => void) | null;
  next: (() => void) | null;
  close: () => void;
}

/** Whether a key belongs to the control that has the focus: a text, a choice, or a player. */
function isTyping(target: EventTarget): boolean {
  return (
    target instanceof Element && target.closest('input:not([type="checkbox"]), select, textarea, video, audio') !== null
  );
}

export function Viewer({ id, known, place, previous: toPrevious, next: toNext, close: toClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const { data, error } = useQuery(queries.asset(id));
  const may = usePermission();
  const mayLabel = may('labels:edit');
  const labels = useAnnotations(id, may('labels:read'), mayLabel);
  const asset = data?.asset ?? known;
  const labelEdit = useLabelEdit(id, labels, (asset?.width ?? 1) / (asset?.height ?? 1));
  const zooming = useZoom(stage, frame, asset?.width ?? null, asset?.id);

  useEffect(() => {
    const element = dialog.current;
    if (element === null) return;
    element.showModal();
    return () => element.close();
  }, []);
  useEffect(() => {
    // A control that went with what it did, such as the removal of an annotation: keys are still those of the viewer.
    if (document.activeElement === document.body) dialog.current?.focus();
  });

  /** Nobody leaves what is not saved by accident. */
  const leaving = (go: () => void) => () => (labelEdit.changed ? labelEdit.say(text.edit.unsaved) : go());
  const previous = toPrevious && leaving(toPrevious);
  const next = toNext && leaving(toNext);
  const close = leaving(toClose);

  const onKey = (event: KeyboardEvent) => {
    if (isTyping(event.target) || undoByKey(event, labelEdit)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape' && labelEdit.draft !== undefined) {
      // As a key: browsers let a dialog refuse only the first of several requests to close it.
      event.preventDefault();
      labelEdit.leave();
      return;
    }
    if (editByKey(event, labelEdit, zooming.zoom.scale)) return;
    const toggleLabels = () => labels.showAll(labels.shown === undefined);
    const plain: Record<string, (() => void) | null> = {
      ArrowLeft: previous,
      ArrowRight: next,
      '+': () => zooming.by(ZOOM_STEP),
      '=': () => zooming.by(ZOOM_STEP),
      '-': () => zooming.by(1 / ZOOM_STEP),
      '0': zooming.fit,
      l: labels.classes.length > 0 ? toggleLabels : null,
    };
    const shifted: Record<string, (() => void) | null> = {
      '+': () => zooming.by(ZOOM_STEP),
      ArrowLeft: () => zooming.move(1, 0),
      ArrowRight: () => zooming.move(-1, 0),
      ArrowUp: () => zooming.move(0, 1),
      ArrowDown: () => zooming.move(0, -1),
    };
    const action = (event.shiftKey ? shifted : plain)[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  };
  return (
    <dialog
      ref={dialog}
      className="viewer"
      tabIndex={-1}
      aria-label={asset?.name ?? text.viewer.untitled}
      onKeyDown={onKey}
      onCancel={(event) => {
        event.preventDefault();
        if (labelEdit.leave()) close();
      }}
    >
      <div className="viewer-bar">
        <IconButton icon="close" label={texts.close} onClick={close} />
        <span className="quiet">
          {place !== null ? text.viewer.position(place.index, place.total, place.capped) : null}
        </span>
        {asset?.kind === 'image' || asset?.kind === 'document' ? (
          <ZoomButtons
            zooming={zooming}
            labels={labels}
            edit={mayLabel && labelEdit.may && asset.kind === 'image' ? labelEdit : undefined}
          />
        ) : null}
        <IconButton icon="previous" label={text.viewer.previous} onClick={() => previous?.()} disabled={!previous} />
        <IconButton icon="next" label={text.viewer.next} onClick={() => next?.()} disabled={!next} />
      </div>
      {asset !== undefined ? (
        <Stage
          key={asset.id}
          asset={asset}
          pages={pageCount(asset, data)}
          labels={labels}
          edit={labelEdit}
          stage={stage}
          frame={frame}
          zooming={zooming}
        />
      ) : (
        <div className="stage" />
      )}
      <Side id={id} asset={asset} detail={data} error={error} labels={labels} />
    </dialog>
  );
}

interface ZoomButtonsProps {
  zooming: Zooming;
  labels: AnnotationView;
  edit: LabelEdit | undefined; // undefined: the caller may not
}

function ZoomButtons({ zooming, labels, edit }: ZoomButtonsProps) {
  const { zoom, percent, by, fit } = zooming;
  const on = labels.shown !== undefined;
  return (
    <div className="zoom-buttons">
      {edit === undefined ? null : (
        <IconButton
          icon="edit"
          label={text.edit.begin}
          pressed={edit.draft !== undefined}
          onClick={
            edit.draft === undefined ? edit.begin : edit.changed ? () => edit.say(text.edit.unsaved) : edit.discard
          }
        />
      )}
      {labels.classes.length > 0 ? (
        <IconButton
          icon="labels"
          label={on ? text.viewer.hideLabels : text.viewer.showLabels}
          pressed={on}
          onClick={() => labels.showAll(!on)}
        />
      ) : null}
      <IconButton
        icon="exclude"
        label={text.viewer.zoomOut}
        onClick={() => by(1 / ZOOM_STEP)}
        disabled={zoom.scale <= 1}
      />
      <button type="button" className="zoom-percent" onClick={fit} title={text.viewer.fit}>
        {percent === undefined ? text.viewer.fit : text.viewer.percent(percent)}
      </button>
      <IconButton icon="add" label={text.viewer.zoomIn} onClick={() => by(ZOOM_STEP)} />
    </div>
  );
}

/** The pages of a document, undefined as long as they are not known; 1 for everything else. */
function pageCount(asset: AssetItem, detail: AssetFull | undefined): number | undefined {
  if (asset.kind === 'document' && detail === undefined) return undefined;
  const pages = asset.kind === 'document' ? detail?.facts.pages : 1;
  return typeof pages === 'number' ? pages : 1;
}

interface SideProps {
  id: string;
  asset: AssetItem | undefined;
  detail: AssetFull | undefined;
  error: Error | null;
  labels: AnnotationView;
}

function Side({ id, asset, detail, error, labels }: SideProps) {
  const changes = useChanges(id);
  const may = usePermission()('assets:edit');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="side" aria-label={text.viewer.details} tabIndex={0}>
      {error === null && asset !== undefined ? null : <Pending data={detail} error={error} />}
      {asset !== undefined ? (
        <AssetFacts asset={asset} detail={detail} labels={labels} changes={may ? changes : {}} />
      ) : null}
    </section>
  );
}
