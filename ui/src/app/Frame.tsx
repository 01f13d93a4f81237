// The frame around every page: the name of the product, the navigation and the keyboard shortcuts.
import { Link, Outlet, useMatches, useRouter } from '@tanstack/react-router';
import { type RefObject, useEffect, useRef, useState } from 'react';
import { focusPage } from '../components/focus';
import { lazyPart } from '../components/lazyPart';
import { Toasts } from '../components/Toasts';
import { useLiveJobs } from '../components/useLiveJobs';
import { useSignedOut } from '../components/usePermission';
import { Invitation, invitationSecret } from './Invitation';
import { ServerAway } from './ServerAway';
import { SessionEnded } from './SessionEnded';
import { type Section, text } from './text';
import { WhoAmI } from './WhoAmI';
import './frame.css';

const SECTIONS = [
  { section: 'library', to: '/' },
  { section: 'overview', to: '/overview' },
  { section: 'datasources', to: '/datasources' },
  { section: 'connections', to: '/connections' },
  { section: 'projects', to: '/projects' },
  { section: 'labels', to: '/labels' },
  { section: 'runs', to: '/runs' },
  { section: 'jobs', to: '/jobs' },
  { section: 'settings', to: '/settings' },
] as const;

function useSection(): Section | undefined {
  return useMatches({
    select: (matches) => matches.map((match) => match.staticData.section).findLast((section) => section !== undefined),
  });
}

// Not part of the first load.
const Shortcuts = lazyPart(() => import('./shortcuts/Shortcuts'), 'Shortcuts');

export function Frame() {
  const current = useSection();
  const signedOut = useSignedOut();
  const [help, setHelp] = useState(false);
  const [invitation, setInvitation] = useState(() => invitationSecret(window.location.hash));
  useEffect(() => {
    document.title = current === undefined ? text.product : text.documentTitle(text.sections[current]);
  }, [current]);
  const nav = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is another link to bring into view
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [current]);
  useQuestionMark(() => setHelp(true));
  useLiveJobs();
  const shell = useRef<HTMLDivElement>(null);
  useFocusInPage(shell);
  return (
    <div className="shell" ref={shell}>
      <header className="bar">
        <Link to="/" className="brand" activeOptions={{ exact: true }}>
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M3 16 12 5l6 7 4-5 8 9z" />
            <path d="M3 18.500h27l-8 8-4-4.500-6 6.500z" opacity=".4" />
          </svg>
          {text.product}
        </Link>
        {signedOut ? null : (
          <>
            <nav aria-label={text.navigation} ref={nav}>
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
            <WhoAmI />
            <button
              type="button"
              className="shortcuts-button"
              onClick={() => setHelp(true)}
              aria-haspopup="dialog"
              aria-label={text.shortcuts}
              title={text.shortcuts}
            >
              <kbd>?</kbd>
            </button>
          </>
        )}
      </header>
      <ServerAway />
      {invitation === undefined ? (
        <Outlet />
      ) : (
        <Invitation
          secret={invitation}
          done={() => {
            window.history.replaceState(null, '', window.location.pathname + window.location.search);
            setInvitation(undefined);
          }}
        />
      )}
      <Toasts />
      <SessionEnded />
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

/** Where a link went with its page, the focus goes into the page that is shown instead; and again once that is loaded. */
function useFocusInPage(shell: RefObject<HTMLElement | null>): void {
  const router = useRouter();
  useEffect(() => {
    if (shell.current === null) return;
    let moved = false; // before the first way from page to page, nothing had the focus
    const settle = () => {
      if (moved && document.activeElement === document.body) focusPage();
    };
    const pages = new MutationObserver(settle);
    pages.observe(shell.current, { childList: true });
    const stop = router.subscribe('onRendered', ({ fromLocation, pathChanged }) => {
      moved ||= fromLocation !== undefined && pathChanged;
      if (pathChanged) settle();
    });
    return () => {
      pages.disconnect();
      stop();
    };
  }, [router, shell]);
}
