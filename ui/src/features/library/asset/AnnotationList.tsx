// The classes of the annotations of an asset, each to be shown or hidden in the overlay.
import { count, quoted } from '../../../components/format';
import { AssetsLink } from '../../../components/links';
import { text } from './sideText';
import type { AnnotationView } from './useAnnotations';

export function AnnotationList({ view }: { view: AnnotationView }) {
  const all = view.classes.every((one) => one.shown);
  return (
    <>
      <ul className="classes">
        {view.classes.map((one) => (
          <li key={one.name}>
            <label>
              <input
                type="checkbox"
                checked={one.shown}
                onChange={() => view.toggle(one.name)}
                aria-label={text.annotations.show(one.className)}
              />
              <span className="swatch" style={{ background: one.colour }} aria-hidden="true" />
            </label>
            <AssetsLink query={`class:${quoted(one.className)}`} title={one.name}>
              {one.className}
            </AssetsLink>
            <span className="quiet number">{count(one.count)}</span>
          </li>
        ))}
      </ul>
      {view.classes.length > 1 ? (
        <button type="button" className="link" onClick={() => view.showAll(!all)}>
          {all ? text.annotations.nothing : text.annotations.all}
        </button>
      ) : null}
    </>
  );
}
