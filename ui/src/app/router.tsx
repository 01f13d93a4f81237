// The router, and what it shows where a page cannot be.
import { createRouter, type ErrorComponentProps, Link, useLocation } from '@tanstack/react-router';
import { describeError } from '../api/problem';
import { parseSearch, stringifySearch } from '../components/address';
import { Notice } from '../components/Notice';
import { Rich } from '../components/Rich';
import { routes } from './routes';
import { text } from './text';

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

export const router = createRouter({
  routeTree: routes,
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent', // a page's chunk is fetched while the pointer is above its link
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: Broken,
});

function NotFound() {
  const path = useLocation({ select: (location) => location.pathname });
  return (
    <main className="page">
      <Notice title={text.notFound.title}>
        <p>
          <Rich
            text={text.notFound.detail}
            parts={{ path: <code>{path}</code>, library: <Link to="/">{text.notFound.library}</Link> }}
          />
        </p>
      </Notice>
    </main>
  );
}

function Broken({ error }: ErrorComponentProps) {
  return (
    <main className="page">
      <Notice title={text.broken.title} alarm>
        <p>{describeError(error)}</p>
        <button type="button" className="secondary" onClick={() => window.location.reload()}>
          {text.broken.retry}
        </button>
      </Notice>
    </main>
  );
}
