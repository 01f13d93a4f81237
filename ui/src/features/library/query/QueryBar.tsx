// The query: searched while it is typed, with suggestions at the caret and the parser's error under its character.
//
// A field of our own rather than an editor such as CodeMirror: one line of text needs neither its document nor its 100 kB.
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Suggestion } from '../../../api/client';
import type { Problem } from '../../../api/problem';
import { Icon, IconButton } from '../../../components/Icon';
import { accept, isUnfinished, type Typed } from './completion';
import { ERROR_ID, QueryError } from './QueryError';
import { HELP_ID, QueryHelp } from './QueryHelp';
import { LIST_ID, optionId, Suggestions } from './Suggestions';
import { TermHint } from './TermHint';
import { text as texts } from './text';
import { useSuggestions } from './useSuggestions';
import './query.css';

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

/** The text of the field, and the query of the address that follows it after a pause. */
function useTypedQuery(query: string) {
  const [text, setText] = useState(query);
  const [requested, setRequested] = useState(query);
  const [known, setKnown] = useState(query);
  const settled = useSettled(requested);
  const navigate = useNavigate();
  if (query !== known) {
    setKnown(query);
    // The address was changed by a link or by the way back, not by what is typed here.
    if (query !== requested) {
      setRequested(query);
      setText(query);
    }
  }
  const search = (wanted: string) => {
    if (wanted === requested) return;
    setRequested(wanted);
    void navigate({ to: '/', search: wanted === '' ? {} : { query: wanted }, replace: !settled.current });
    settled.current = false;
  };
  const latest = useRef(search);
  useLayoutEffect(() => {
    latest.current = search;
  });
  useEffect(() => {
    const timer = setTimeout(() => latest.current(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const settle = () => {
    settled.current = true;
  };
  return { text, setText, search, settle };
}

/** Calls `edit` for `/`, unless somebody is typing or a dialog is open. */
function useSlash(edit: () => void): void {
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      const typing = event.target instanceof Element && event.target.closest('input, textarea, select') !== null;
      const busy = typing || document.querySelector('dialog[open]') !== null;
      if (event.key !== '/' || busy || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      edit();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });
}

function focusResults(): void {
  document.querySelector<HTMLElement>('.grid [data-index][tabindex="0"]')?.focus({ preventScroll: true });
}

interface Props {
  query: string;
  error: Problem | null; // that points at a character
}

export function QueryBar({ query, error }: Props) {
  const { text, setText, search, settle } = useTypedQuery(query);
  const input = useRef<HTMLInputElement>(null);
  const list = useSuggestions();
  const [caret, setCaret] = useState<number>(); // where the caret must be once the text is shown
  useSlash(() => {
    input.current?.focus();
    input.current?.select();
  });
  useLayoutEffect(() => {
    if (caret === undefined) return;
    input.current?.setSelectionRange(caret, caret);
    setCaret(undefined);
  }, [caret]);

  const type = (typed: Typed, suggest: boolean) => {
    setText(typed.text);
    if (suggest) list.ask(typed);
    else list.close();
  };
  const take = (suggestion: Suggestion) => {
    if (list.completions === undefined) return;
    const typed = accept(text, list.completions, suggestion.text);
    type(typed, isUnfinished(suggestion));
    setCaret(typed.caret);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const { key } = event;
    const open = list.completions !== undefined;
    const { value, selectionStart } = event.currentTarget;
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      event.preventDefault();
      if (open) list.move(key === 'ArrowDown' ? 1 : -1);
      else list.ask({ text: value, caret: selectionStart ?? value.length });
    } else if (key === 'Tab' && open && !event.shiftKey && list.chosen !== undefined) {
      event.preventDefault();
      take(list.chosen);
    } else if (key === 'Enter' && open && list.chosen !== undefined) {
      event.preventDefault();
      take(list.chosen);
    } else if (key === 'Escape') {
      event.preventDefault();
      if (open) list.close();
      else if (text !== '') type({ text: '', caret: 0 }, false);
      else input.current?.blur();
    } else if (key === 'ArrowLeft' || key === 'ArrowRight') list.close();
  };
  return (
    <search className="query">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          list.close();
          search(text);
          focusResults();
        }}
      >
        <Icon name="search" />
        <input
          ref={input}
          type="text"
          inputMode="search"
          enterKeyHint="search"
          role="combobox"
          value={text}
          placeholder={texts.placeholder}
          aria-label={texts.label}
          aria-autocomplete="list"
          aria-expanded={list.completions !== undefined}
          aria-controls={list.completions !== undefined ? LIST_ID : undefined}
          aria-activedescendant={list.chosen !== undefined ? optionId(list.active) : undefined}
          aria-invalid={error !== null}
          aria-describedby={error !== null ? ERROR_ID : undefined}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          onChange={({ target }) => type({ text: target.value, caret: target.selectionStart ?? 0 }, true)}
          onBlur={() => {
            search(text); // a control beside it changes the query of the address, and must find there what was typed
            settle();
            list.close();
          }}
          onKeyDown={onKeyDown}
        />
        {text === '' ? (
          <kbd>/</kbd>
        ) : (
          <IconButton
            icon="remove"
            label={texts.clear}
            onClick={() => {
              type({ text: '', caret: 0 }, false);
              input.current?.focus();
            }}
            small
          />
        )}
        <button type="button" className="syntax" popoverTarget={HELP_ID}>
          {texts.syntax}
        </button>
      </form>
      <TermHint input={input} />
      {error !== null ? <QueryError problem={error} /> : null}
      {list.completions !== undefined ? (
        <Suggestions completions={list.completions} active={list.active} hover={list.hover} take={take} />
      ) : null}
      <output className="hidden">
        {list.completions !== undefined ? texts.offered(list.completions.suggestions.length) : null}
      </output>
      <QueryHelp query={query} />
    </search>
  );
}
