// The frame around every page: the name, the way to the other pages, and which page an address means.
import { useEffect } from 'react';
import { LibraryPage } from '../library/LibraryPage';
import { usePlace } from '../router';
import { RunPage } from '../runs/RunPage';
import { RunsPage } from '../runs/RunsPage';
import { DatasourcesPage } from '../sources/DatasourcesPage';
import { Link } from './Link';
import { Notice } from './Notice';

const PAGES = [
  { to: '/', name: 'Library' },
  { to: '/datasources', name: 'Datasources' },
  { to: '/runs', name: 'Runs' },
];

function section(path: string): string {
  if (path.startsWith('/datasources')) return '/datasources';
  if (path.startsWith('/runs')) return '/runs';
  return '/';
}

function Page({ path }: { path: string }) {
  const asset = /^\/assets\/([^/]+)\/?$/.exec(path);
  if (path === '/' || asset !== null) return <LibraryPage open={asset?.[1] ?? null} />;
  if (path === '/datasources') return <DatasourcesPage />;
  if (path === '/runs') return <RunsPage />;
  const run = /^\/runs\/(\d+)$/.exec(path);
  if (run !== null) return <RunPage key={run[1]} id={Number(run[1])} />;
  return (
    <main className="page">
      <Notice title="There is no such page">
        <p>
          Nothing stands at <code>{path}</code>. <Link to="/">Go to the library</Link>.
        </p>
      </Notice>
    </main>
  );
}

export function App() {
  const { path } = usePlace();
  const here = section(path);
  useEffect(() => {
    const name = PAGES.find((page) => page.to === here)?.name;
    document.title = `${name} · mirrorlake`;
  }, [here]);
  return (
    <div className="shell">
      <header className="bar">
        <Link to="/" className="brand">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M3 16 12 5l6 7 4-5 8 9z" />
            <path d="M3 18.500h27l-8 8-4-4.5-6 6.500z" opacity=".4" />
          </svg>
          mirrorlake
        </Link>
        <nav aria-label="Pages">
          {PAGES.map((page) => (
            <Link key={page.to} to={page.to} current={page.to === here}>
              {page.name}
            </Link>
          ))}
        </nav>
      </header>
      <Page path={path} />
    </div>
  );
}
