// What can be written at the caret. The focus stays in the query: the active suggestion is named to a reader by its id.
import { useEffect, useRef } from 'react';
import type { Completions, Suggestion } from '../../../api/client';
import { count } from '../../../components/format';
import { text } from './text';

export const LIST_ID = 'query-suggestions';
export const optionId = (place: number) => `query-suggestion-${place}`;

interface Props {
  completions: Completions;
  active: number;
  hover: (place: number) => void;
  take: (suggestion: Suggestion) => void;
}

export function Suggestions({ completions, active, hover, take }: Props) {
  const { suggestions, complete } = completions;
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  });
  return (
    <div className="suggestions">
      <div ref={list} id={LIST_ID} role="listbox" aria-label={text.suggestions}>
        {suggestions.map((suggestion, place) => (
          // biome-ignore lint/a11y/useFocusableInteractive: as above
          // biome-ignore lint/a11y/useKeyWithClickEvents: the query handles the keys
          <div
            key={`${suggestion.kind} ${suggestion.text}`}
            id={optionId(place)}
            role="option"
            aria-selected={place === active}
            onPointerMove={() => hover(place)}
            onPointerDown={(event) => event.preventDefault()} // the focus stays where it is
            onClick={() => take(suggestion)}
          >
            <code>{suggestion.label}</code>
            <span>{text.kinds[suggestion.kind]}</span>
            <span className="number">
              {suggestion.assets === null ? null : (
                <>
                  {count(suggestion.assets)}
                  <span className="hidden"> {text.assets(suggestion.assets)}</span>
                </>
              )}
            </span>
          </div>
        ))}
      </div>
      <p className="suggestion-keys" aria-hidden="true">
        {text.keys.map(({ keys, action }) => (
          <span key={action}>
            {keys.map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}{' '}
            {action}
          </span>
        ))}
        {complete ? null : <span>{text.more}</span>}
      </p>
    </div>
  );
}
