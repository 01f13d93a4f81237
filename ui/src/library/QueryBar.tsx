// The query: searched while it is typed, with the parser's complaint under the very character.
import { useEffect, useRef, useState } from 'react';
import type { Problem } from '../api/client';
import { go, to } from '../router';
import { Prose } from '../shell/Notice';
import { point } from './pointer';

const PAUSE_MS = 250; // typing rests for so long before it is searched

const EXAMPLES = [
  ['sunset', 'names that hold this word'],
  ['metadata.place:"Harbour"', 'an exact value'],
  ['metadata.score>0.8', 'a number to compare with'],
  ['tag:review NOT tag:blurred', 'tags, and what to leave out'],
  ['datasource:"photos" (cat OR dog)', 'one source, either word'],
] as const;

export function QueryBar({ query, mistake }: { query: string; mistake: Problem | null }) {
  const [text, setText] = useState(query);
  const [asked, setAsked] = useState(query);
  const box = useRef<HTMLInputElement>(null);
  if (query !== asked) {
    // The address changed by itself: a link, or the way back.
    setAsked(query);
    setText(query);
  }

  useEffect(() => {
    if (text === asked) return;
    const timer = setTimeout(() => {
      setAsked(text);
      go(to('/', { query: text }), { replace: true });
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, asked]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLInputElement || document.querySelector('dialog[open]') !== null;
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      box.current?.focus();
      box.current?.select();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);

  const ask = (next: string) => {
    setText(next);
    setAsked(next);
    go(to('/', { query: next }), { inside: true });
  };
  return (
    <search className="query">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text !== query) ask(text);
          document.querySelector<HTMLElement>('.grid [data-index][tabindex="0"]')?.focus({ preventScroll: true });
        }}
      >
        <svg viewBox="0 0 20 20" aria-hidden="true" className="glass">
          <circle cx="8.5" cy="8.5" r="5.5" />
          <path d="m13 13 4.5 4.5" />
        </svg>
        <input
          ref={box}
          type="search"
          value={text}
          placeholder="Search names, metadata, tags"
          aria-label="Query"
          aria-invalid={mistake !== null}
          aria-describedby={mistake !== null ? 'mistake' : undefined}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape' && text === '') box.current?.blur();
          }}
        />
        <kbd>/</kbd>
        <button type="button" className="ask" popoverTarget="query-help" aria-label="How to write a query">
          ?
        </button>
      </form>
      {mistake !== null ? <Mistake problem={mistake} /> : null}
      <div id="query-help" popover="auto" className="help">
        <h2>Queries</h2>
        <dl>
          {EXAMPLES.map(([example, meaning]) => (
            <div key={example}>
              <dt>
                <code>{example}</code>
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
        <h2>Keys</h2>
        <p>
          <kbd>/</kbd> query, <kbd>arrows</kbd> move, <kbd>Enter</kbd> opens, <kbd>Esc</kbd> goes back
        </p>
      </div>
    </search>
  );
}

function Mistake({ problem }: { problem: Problem }) {
  const { text, position, detail, fix } = problem.document;
  const { before, mark, after } = point(text ?? '', position ?? 0);
  return (
    <div className="mistake" id="mistake" role="status">
      <pre>
        {before}
        <mark>{mark === '' ? ' ' : mark}</mark>
        {after}
        {'\n'}
        <span aria-hidden="true">{' '.repeat(Array.from(before).length)}^</span>
      </pre>
      <p>
        <strong>
          <Prose text={detail} />
        </strong>{' '}
        {fix ? <Prose text={fix} /> : null}
      </p>
    </div>
  );
}
