// The query: searched while it is typed, with the parser's error under the character that it concerns.
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import type { Problem } from '../../api/problem';
import { Icon } from '../../components/Icon';
import { Prose } from '../../components/Rich';
import { point } from './pointer';
import { text as texts } from './text';

const PAUSE_MS = 250; // typing pauses for this long before it is searched
const SETTLED_MS = 2000; // results that stood for this long are a place to come back to

/** Whether the present search is an entry of the history to return to, rather than a step of typing. */
function useSettled(requested: string) {
  const settled = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: every search starts the time again
  useEffect(() => {
    const timer = setTimeout(() => {
      settled.current = true;
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [requested]);
  return settled;
}

interface Props {
  query: string;
  error: Problem | null; // that points at a character
}

export function QueryBar({ query, error }: Props) {
  const [text, setText] = useState(query);
  const [requested, setRequested] = useState(query);
  const [known, setKnown] = useState(query);
  const settled = useSettled(requested);
  const input = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  if (query !== known) {
    setKnown(query);
    // The address was changed by a link or by the way back, not by what is typed here.
    if (query !== requested) {
      setRequested(query);
      setText(query);
    }
  }

  useEffect(() => {
    if (text === requested) return;
    const timer = setTimeout(() => {
      setRequested(text);
      void navigate({ to: '/', search: text === '' ? {} : { query: text }, replace: !settled.current });
      settled.current = false;
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, requested, navigate, settled]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLInputElement || document.querySelector('dialog[open]') !== null;
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);

  const submit = () => {
    if (text !== requested) {
      setRequested(text);
      void navigate({ to: '/', search: text === '' ? {} : { query: text }, replace: !settled.current });
    }
    document.querySelector<HTMLElement>('.grid [data-index][tabindex="0"]')?.focus({ preventScroll: true });
  };
  return (
    <search className="query">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Icon name="search" />
        <input
          ref={input}
          type="search"
          value={text}
          placeholder={texts.query.placeholder}
          aria-label={texts.query.label}
          aria-invalid={error !== null}
          aria-describedby={error !== null ? 'query-error' : undefined}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
          onBlur={() => {
            settled.current = true;
          }}
          onKeyDown={(event) => {
            if (event.key === 'Escape' && text === '') input.current?.blur();
          }}
        />
        <kbd>/</kbd>
        <button type="button" className="syntax" popoverTarget="query-help">
          {texts.query.syntax}
        </button>
      </form>
      {error !== null ? <QueryError problem={error} /> : null}
      <div id="query-help" popover="auto" className="help">
        <h2>{texts.query.syntaxTitle}</h2>
        <dl>
          {texts.query.examples.map((example) => (
            <div key={example.query}>
              <dt>
                <code>{example.query}</code>
              </dt>
              <dd>{example.meaning}</dd>
            </div>
          ))}
        </dl>
      </div>
    </search>
  );
}

function QueryError({ problem }: { problem: Problem }) {
  const { text, position, detail, fix } = problem.document;
  const { before, mark, after } = point(text ?? '', position ?? 0);
  return (
    <div className="query-error" id="query-error" role="status">
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
