// How the present query is understood, in sentences of the server, and examples to begin with.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { libraryQueries } from '../../../api/libraryQueries';
import { AssetsLink } from '../../../components/links';
import { text } from './text';

export const HELP_ID = 'query-help';

export function QueryHelp({ query }: { query: string }) {
  const element = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const { data } = useQuery(libraryQueries.explained(query, open));
  useEffect(() => {
    const popover = element.current;
    const onToggle = (event: Event) => setOpen((event as ToggleEvent).newState === 'open');
    popover?.addEventListener('toggle', onToggle);
    return () => popover?.removeEventListener('toggle', onToggle);
  }, []);
  return (
    <div ref={element} id={HELP_ID} popover="auto" className="help">
      {data !== undefined && query !== '' ? (
        <section>
          <h2>{text.understood}</h2>
          <ul>
            {data.terms.map((term, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the same term may stand in a query twice
              <li key={place} style={{ marginInlineStart: `${term.depth}em` }}>
                {term.text}
              </li>
            ))}
            {data.trash === '' ? null : <li className="quiet">{data.trash}</li>}
            {data.order.length > 0 ? <li className="quiet">{text.order(data.order)}</li> : null}
          </ul>
        </section>
      ) : null}
      <h2>{text.syntaxTitle}</h2>
      <dl>
        {text.examples.map((example) => (
          <div key={example.query}>
            <dt>
              <AssetsLink query={example.query}>
                <code>{example.query}</code>
              </AssetsLink>
            </dt>
            <dd>{example.meaning}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
