// Videos and recordings in the browser's own player, whose keys and captions people know; below a video its strip.
import { type RefObject, useRef, useState } from 'react';
import { type AssetItem, originalUrl, stripUrl, thumbnailUrl } from '../../../api/client';
import { clock } from '../../../components/format';
import { FRAMES } from '../grid/strip';
import { frameOf, timeOf } from './frames';
import { text } from './text';

const MOST_HEIGHT = 96; // px of the frames of a strip

export function Player({ asset }: { asset: AssetItem }) {
  const [failed, setFailed] = useState(false);
  const [time, setTime] = useState(0); // seconds
  const video = useRef<HTMLVideoElement>(null);
  const poster = useRef(asset.placeholder === null ? undefined : thumbnailUrl(asset)).current;
  const common = {
    controls: true,
    preload: 'metadata',
    src: originalUrl(asset),
    'aria-label': asset.name,
    onError: () => setFailed(true),
  } as const;
  const follow = () => setTime(video.current?.currentTime ?? 0);
  return (
    <div className="viewer-room watching">
      <div className="stage">
        {asset.kind === 'video' ? (
          <video
            {...common}
            ref={video}
            poster={poster}
            className="player"
            onTimeUpdate={follow}
            onSeeking={follow} // at once: a seek ends when the frame is loaded
          />
        ) : (
          <div className="listen">
            {poster === undefined ? null : <img src={poster} alt="" />}
            <audio {...common} />
          </div>
        )}
        {failed ? (
          <p className="stage-note" role="status">
            {asset.state !== 'present' ? text.viewer.objectMissing : text.viewer.notPlayable}
          </p>
        ) : null}
      </div>
      {asset.kind === 'video' && asset.state === 'present' && asset.duration_s && poster !== undefined ? (
        <Strip asset={asset} length={asset.duration_s} time={time} video={video} playable={!failed} />
      ) : null}
    </div>
  );
}

interface StripProps {
  asset: AssetItem;
  length: number; // seconds
  time: number;
  video: RefObject<HTMLVideoElement | null>;
  playable: boolean;
}

/** Frames of a video beside each other. Each is a place to go to; arrows go from one to the next. */
function Strip({ asset, length, time, video, playable }: StripProps) {
  const [state, setState] = useState<'loading' | 'ready' | 'failed'>('loading');
  const list = useRef<HTMLFieldSetElement>(null);
  const url = useRef(stripUrl(asset)).current;
  const present = frameOf(time, length, FRAMES);
  const aspect = asset.width === null || asset.height === null ? 4 / 3 : asset.width / asset.height;
  const go = (frame: number) => {
    const at = Math.min(FRAMES - 1, Math.max(0, frame));
    if (video.current !== null) video.current.currentTime = timeOf(at, length, FRAMES);
    list.current?.querySelectorAll('button')[at]?.focus();
  };
  if (state === 'failed') return null;
  return (
    <fieldset
      ref={list}
      className="film"
      style={{ width: FRAMES * MOST_HEIGHT * aspect }}
      aria-label={text.viewer.strip}
      onKeyDown={(event) => {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (step === undefined || !playable) return;
        event.preventDefault();
        event.stopPropagation(); // other arrows go to the next asset
        go(present + step);
      }}
    >
      {/* It loads before it is shown, and says what cannot be loaded. */}
      <img src={url} alt="" hidden onLoad={() => setState('ready')} onError={() => setState('failed')} />
      {Array.from({ length: FRAMES }, (_, frame) => (
        <button
          key={timeOf(frame, length, FRAMES)}
          type="button"
          disabled={!playable}
          tabIndex={frame === present ? 0 : -1}
          aria-label={text.viewer.goTo(clock(timeOf(frame, length, FRAMES)))}
          aria-current={frame === present}
          title={clock(timeOf(frame, length, FRAMES))}
          style={{
            aspectRatio: aspect,
            ...(state === 'ready' ? { backgroundImage: `url("${url}")` } : {}),
            backgroundPosition: `${(frame * 100) / (FRAMES - 1)}% 0`,
          }}
          onClick={() => go(frame)}
        />
      ))}
      <span className="film-place" style={{ left: `${Math.min(1, time / length) * 100}%` }} aria-hidden="true" />
    </fieldset>
  );
}
