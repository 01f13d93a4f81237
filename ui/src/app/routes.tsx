// Every page with its address. All but the library are chunks of their own, loaded when they are first visited.
import { createRootRoute, createRoute, notFound, retainSearchParams } from '@tanstack/react-router';
import type { OutcomeKind } from '../api/client';
import { jobSearch, runSearch } from '../api/listSearch';
import { LISTED_KINDS } from '../api/vocabulary';
import { librarySearch } from '../components/address';
import { SERVICE_NAMES, type Service } from '../components/connections/services';
import { lazyPage } from '../components/lazyPart';
import { activitySearch } from '../features/activity/search';
import { datasourceSearch } from '../features/datasources/tabs';
import { wizardSearch } from '../features/datasources/wizard/wizard';
import { LibraryPage } from '../features/library/LibraryPage';
import { overviewSearch } from '../features/overview/measures';
import { DIFFERENCES, type Difference } from '../features/projects/differences';
import { settingsSearch } from '../features/settings/parts';
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
  search: { middlewares: [retainSearchParams(['panel', 'size'])] }, // how it is shown stays, whatever is searched
  component: LibraryPage,
});
const results = createRoute({ getParentRoute: () => library, path: '/' });
const asset = createRoute({ getParentRoute: () => library, path: '/assets/$assetId' });

const overview = createRoute({
  getParentRoute: () => root,
  path: '/overview',
  staticData: { section: 'overview' },
  validateSearch: overviewSearch,
  component: lazyPage(() => import('../features/overview/OverviewPage'), 'OverviewPage'),
});

const duplicates = createRoute({
  getParentRoute: () => root,
  path: '/near-duplicates',
  staticData: { section: 'library' },
  validateSearch: ({ query }: Record<string, unknown>): { query?: string } =>
    typeof query === 'string' && query !== '' ? { query } : {},
  component: lazyPage(() => import('../features/duplicates/DuplicatesPage'), 'DuplicatesPage'),
});

const datasources = createRoute({
  getParentRoute: () => root,
  path: '/datasources',
  staticData: { section: 'datasources' },
});
const datasourceList = createRoute({
  getParentRoute: () => datasources,
  path: '/',
  component: lazyPage(() => import('../features/datasources/DatasourcesPage'), 'DatasourcesPage'),
});
const newDatasource = createRoute({
  getParentRoute: () => root,
  path: '/new/datasource', // not below the list, where a datasource may have any name
  staticData: { section: 'datasources' },
  validateSearch: wizardSearch,
  component: lazyPage(() => import('../features/datasources/wizard/WizardPage'), 'WizardPage'),
});
const datasource = createRoute({
  getParentRoute: () => datasources,
  path: '$name',
  validateSearch: datasourceSearch,
  component: lazyPage(() => import('../features/datasources/DatasourcePage'), 'DatasourcePage'),
});

const connections = createRoute({
  getParentRoute: () => root,
  path: '/connections',
  staticData: { section: 'connections' },
});
const connectionList = createRoute({
  getParentRoute: () => connections,
  path: '/',
  component: lazyPage(() => import('../features/connections/ConnectionsPage'), 'ConnectionsPage'),
});
const newConnection = createRoute({
  getParentRoute: () => root,
  path: '/new/connection', // not below the list, where a connection may have any name
  staticData: { section: 'connections' },
  validateSearch: ({ service }: Record<string, unknown>): { service?: Service } => {
    const known = SERVICE_NAMES.find((one) => one === service);
    return known === undefined ? {} : { service: known };
  },
  component: lazyPage(() => import('../features/connections/NewConnectionPage'), 'NewConnectionPage'),
});
const connection = createRoute({
  getParentRoute: () => connections,
  path: '$name',
  component: lazyPage(() => import('../features/connections/ConnectionPage'), 'ConnectionPage'),
});

const projects = createRoute({ getParentRoute: () => root, path: '/projects', staticData: { section: 'projects' } });
const projectList = createRoute({
  getParentRoute: () => projects,
  path: '/',
  component: lazyPage(() => import('../features/projects/ProjectsPage'), 'ProjectsPage'),
});
const project = createRoute({
  getParentRoute: () => projects,
  path: '$name',
  component: lazyPage(() => import('../features/projects/ProjectPage'), 'ProjectPage'),
});
const comparison = createRoute({
  getParentRoute: () => projects,
  path: '$name/compare',
  validateSearch: ({ before, after, difference }: Record<string, unknown>) => ({
    before: String(before ?? ''),
    after: String(after ?? ''),
    ...(DIFFERENCES.some((one) => one === difference) ? { difference: difference as Difference } : {}),
  }),
  component: lazyPage(() => import('../features/projects/ComparePage'), 'ComparePage'),
});

const snapshot = createRoute({
  getParentRoute: () => projects,
  path: '$name/snapshots/$number',
  validateSearch: ({ part, named, class_name }: Record<string, unknown>) => ({
    ...(part === 'gone' ? { part: 'gone' as const } : {}),
    ...(named ? { named: String(named) } : {}),
    ...(class_name ? { class_name: String(class_name) } : {}),
  }),
  component: lazyPage(() => import('../features/projects/snapshot/SnapshotPage'), 'SnapshotPage'),
});

const labels = createRoute({ getParentRoute: () => root, path: '/labels', staticData: { section: 'labels' } });
const ontologyList = createRoute({
  getParentRoute: () => labels,
  path: '/',
  component: lazyPage(() => import('../features/labels/OntologiesPage'), 'OntologiesPage'),
});
const ontology = createRoute({
  getParentRoute: () => labels,
  path: '$name',
  component: lazyPage(() => import('../features/labels/OntologyPage'), 'OntologyPage'),
});

const runs = createRoute({ getParentRoute: () => root, path: '/runs', staticData: { section: 'runs' } });
const runList = createRoute({
  getParentRoute: () => runs,
  path: '/',
  validateSearch: runSearch,
  component: lazyPage(() => import('../features/runs/RunsPage'), 'RunsPage'),
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
  component: lazyPage(() => import('../features/runs/RunPage'), 'RunPage'),
});

const jobs = createRoute({
  getParentRoute: () => root,
  path: '/jobs',
  staticData: { section: 'jobs' },
  validateSearch: jobSearch,
  component: lazyPage(() => import('../features/jobs/JobsPage'), 'JobsPage'),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  staticData: { section: 'settings' },
  validateSearch: settingsSearch,
  component: lazyPage(() => import('../features/settings/SettingsPage'), 'SettingsPage'),
});

const activity = createRoute({
  getParentRoute: () => root,
  path: '/activity',
  staticData: { section: 'settings' },
  validateSearch: activitySearch,
  component: lazyPage(() => import('../features/activity/ActivityPage'), 'ActivityPage'),
});

export const routes = root.addChildren([
  library.addChildren([results, asset]),
  duplicates,
  overview,
  datasources.addChildren([datasourceList, datasource]),
  newDatasource,
  connections.addChildren([connectionList, connection]),
  newConnection,
  projects.addChildren([projectList, project, comparison, snapshot]),
  labels.addChildren([ontologyList, ontology]),
  runs.addChildren([runList, run]),
  jobs,
  settings,
  activity,
]);
