// The annotations above their picture. Lines keep their width at every zoom.
import type { Annotation } from '../../../api/client';
import { anchorOf, classKey, drawingOf } from './shapes';

/** The colour of each class that is shown. */
export type Shown = ReadonlyMap<string, string>;

export function Overlay({ annotations, shown, scale }: { annotations: Annotation[]; shown: Shown; scale: number }) {
  const drawn = annotations.flatMap((annotation, place) => {
    const colour = shown.get(classKey(annotation));
    const drawing = drawingOf(annotation);
    return colour === undefined || drawing.kind === 'none' ? [] : [{ annotation, place, colour, drawing }];
  });
  return (
    <div className="overlay" aria-hidden="true">
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        {drawn.map(({ place, colour, drawing }) =>
          drawing.kind === 'path' ? (
            <path
              key={place}
              d={drawing.d}
              stroke={colour}
              fill={drawing.closed ? colour : 'none'}
              fillRule="evenodd"
              vectorEffect="non-scaling-stroke"
            />
          ) : null,
        )}
      </svg>
      {drawn.flatMap(({ place, colour, drawing }) =>
        drawing.kind === 'points'
          ? drawing.points.map(([x, y]) => (
              <span
                key={`${place} ${x} ${y}`}
                className="overlay-point"
                style={{ left: `${x * 100}%`, top: `${y * 100}%`, background: colour, scale: String(1 / scale) }}
              />
            ))
          : [],
      )}
      {drawn.map(({ annotation, place, colour, drawing }) => {
        const anchor = anchorOf(drawing);
        return anchor === undefined ? null : (
          <span
            key={place}
            className="overlay-name"
            style={{
              left: `${anchor.x * 100}%`,
              top: `${anchor.y * 100}%`,
              borderColor: colour,
              transform: `scale(${1 / scale}) translateY(-100%)`,
            }}
          >
            {annotation.class_name}
          </span>
        );
      })}
    </div>
  );
}
