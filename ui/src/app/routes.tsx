// Every page with its address. All but the library are chunks of their own, loaded when they are first visited.
import { createRootRoute, createRoute, lazyRouteComponent, notFound } from '@tanstack/react-router';
import type { OutcomeKind } from '../api/client';
import { LISTED_KINDS } from '../api/vocabulary';
import { librarySearch } from '../components/address';
import { LibraryPage } from '../features/library/LibraryPage';
import { Frame } from './Frame';
import type { Section } from './text';

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    section?: Section; // of the navigation, to which the page belongs
  }
}

const root = createRootRoute({ component: Frame });

// The library stays mounted below an open asset, so that closing it returns to the same place.
const library = createRoute({
  getParentRoute: () => root,
  id: 'library',
  staticData: { section: 'library' },
  validateSearch: librarySearch,
  component: LibraryPage,
});
const results = createRoute({ getParentRoute: () => library, path: '/' });
const asset = createRoute({ getParentRoute: () => library, path: '/assets/$assetId' });

const datasources = createRoute({
  getParentRoute: () => root,
  path: '/datasources',
  staticData: { section: 'datasources' },
  component: lazyRouteComponent(() => import('../features/datasources/DatasourcesPage'), 'DatasourcesPage'),
});

const runs = createRoute({ getParentRoute: () => root, path: '/runs', staticData: { section: 'runs' } });
const runList = createRoute({
  getParentRoute: () => runs,
  path: '/',
  component: lazyRouteComponent(() => import('../features/runs/RunsPage'), 'RunsPage'),
});
const run = createRoute({
  getParentRoute: () => runs,
  path: '$runId',
  validateSearch: ({ kind }: Record<string, unknown>): { kind?: OutcomeKind } => {
    const known = LISTED_KINDS.find((one) => one === kind);
    return known === undefined ? {} : { kind: known };
  },
  beforeLoad: ({ params }) => {
    if (!/^\d{1,15}$/.test(params.runId)) throw notFound();
  },
  component: lazyRouteComponent(() => import('../features/runs/RunPage'), 'RunPage'),
});

const jobs = createRoute({
  getParentRoute: () => root,
  path: '/jobs',
  staticData: { section: 'jobs' },
  component: lazyRouteComponent(() => import('../features/jobs/JobsPage'), 'JobsPage'),
});

export const routes = root.addChildren([
  library.addChildren([results, asset]),
  datasources,
  runs.addChildren([runList, run]),
  jobs,
]);
