// The frame around every page: the name of the product, the navigation and the keyboard shortcuts.
import { Link, Outlet, useMatches } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { Shortcuts } from './Shortcuts';
import { type Section, text } from './text';
import './frame.css';

const SECTIONS = [
  { section: 'library', to: '/' },
  { section: 'datasources', to: '/datasources' },
  { section: 'runs', to: '/runs' },
  { section: 'jobs', to: '/jobs' },
] as const;

function useSection(): Section | undefined {
  return useMatches({
    select: (matches) => matches.map((match) => match.staticData.section).findLast((section) => section !== undefined),
  });
}

export function Frame() {
  const current = useSection();
  const [help, setHelp] = useState(false);
  useEffect(() => {
    document.title = current === undefined ? text.product : text.documentTitle(text.sections[current]);
  }, [current]);
  useQuestionMark(() => setHelp(true));
  return (
    <div className="shell">
      <header className="bar">
        <Link to="/" className="brand" activeOptions={{ exact: true }}>
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M3 16 12 5l6 7 4-5 8 9z" />
            <path d="M3 18.500h27l-8 8-4-4.500-6 6.500z" opacity=".4" />
          </svg>
          {text.product}
        </Link>
        <nav aria-label={text.navigation}>
          {SECTIONS.map(({ section, to }) => (
            <Link
              key={section}
              to={to}
              activeOptions={{ exact: true }}
              aria-current={section === current ? 'page' : undefined}
            >
              {text.sections[section]}
            </Link>
          ))}
        </nav>
        <button
          type="button"
          className="shortcuts-button"
          onClick={() => setHelp(true)}
          aria-haspopup="dialog"
          aria-label={text.shortcuts.open}
          title={text.shortcuts.open}
        >
          <kbd>?</kbd>
        </button>
      </header>
      <Outlet />
      {help ? <Shortcuts close={() => setHelp(false)} /> : null}
    </div>
  );
}

/** Calls `show` for `?`, unless somebody is typing. */
function useQuestionMark(show: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof Element && event.target.closest('input, textarea, select') !== null;
      if (event.key !== '?' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      show();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });
}
