// The library at a glance: what came in over time, what it holds, and what somebody should look at.
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Facet, Folder } from '../../api/client';
import { queries } from '../../api/queries';
import { count, quoted } from '../../components/format';
import { AssetsLink, ConnectionLink, DatasourceLink, RunLink } from '../../components/links';
import { ErrorNotice, FirstBucket, Pending } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { Prose } from '../../components/Rich';
import { usePermission } from '../../components/usePermission';
import { useSteadyError } from '../../components/useSteadyError';
import { type TimeBar, timeBars } from './bars';
import { type Found, findProblems } from './problems';
import { text } from './text';
import './overview.css';

const HEIGHT = 100;

/** Bars over time as a picture, and as a table for those who do not see it. */
function Chart({ bars, sampled }: { bars: TimeBar[]; sampled: boolean }) {
  const most = Math.max(1, ...bars.map((bar) => bar.assets));
  const total = bars.reduce((sum, bar) => sum + bar.assets, 0);
  const [first, last] = [bars[0]?.from ?? '', bars.at(-1)?.from ?? ''];
  return (
    <>
      <svg
        className="chart"
        viewBox={`0 0 ${bars.length * 10} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={text.came.label(bars.length, total, first, last)}
      >
        {bars.map((bar, place) => {
          const height = bar.assets === 0 ? 0 : Math.max(1.5, (HEIGHT * bar.assets) / most);
          return (
            <rect key={bar.from} x={place * 10 + 1} y={HEIGHT - height} width={8} height={height}>
              <title>{text.came.bar(bar.from, bar.assets)}</title>
            </rect>
          );
        })}
      </svg>
      <p className="chart-ends quiet">
        <span>{first}</span>
        <span>{last}</span>
      </p>
      {sampled ? <p className="quiet">{text.came.sampled}</p> : null}
      <details>
        <summary className="quiet">{text.came.table}</summary>
        <table className="plain">
          <thead>
            <tr>
              {text.came.columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {bars
              .filter((bar) => bar.assets > 0)
              .map((bar) => (
                <tr key={bar.from}>
                  <th scope="row">{bar.from}</th>
                  <td className="number">{count(bar.assets)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </details>
    </>
  );
}

interface Share {
  name: string;
  query: string;
  assets: number;
}

const SHARES_SHOWN = 8;

interface SharesProps {
  title: string;
  shares: Share[] | undefined; // not here yet
  error: Error | null;
}

/** Parts of the library, each with a bar that is as long as its share of the largest. */
function Shares({ title, shares, error }: SharesProps) {
  if (shares === undefined)
    return (
      <Panel title={title}>
        <Pending data={shares} error={error} />
      </Panel>
    );
  const most = Math.max(1, ...shares.map((share) => share.assets));
  const rest = shares.length - SHARES_SHOWN;
  return (
    <Panel title={title}>
      {shares.length === 0 ? <p className="quiet">{text.shares.empty}</p> : null}
      <ul className="shares">
        {shares.slice(0, SHARES_SHOWN).map((share) => (
          <li key={`${share.query} ${share.name}`}>
            <AssetsLink className="wrap" query={share.query}>
              {share.name}
            </AssetsLink>
            <span className="number">{count(share.assets)}</span>
            <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
              <rect width="100" height="4" className="share-ground" />
              <rect width={Math.max(0.5, (100 * share.assets) / most)} height="4" className="share-bar" />
            </svg>
          </li>
        ))}
      </ul>
      {rest > 0 ? <p className="quiet">{text.shares.more(rest)}</p> : null}
    </Panel>
  );
}

const SHARED = ['type', 'datasource'] as const;

function sharesOf(facets: Facet[] | undefined, field: string): Share[] | undefined {
  if (facets === undefined) return undefined;
  const found = facets.find((facet) => facet.field === field);
  return (found?.values ?? []).map(({ value, assets }) => ({
    name: String(value),
    query: `${field}:${quoted(String(value))}`,
    assets,
  }));
}

/** The assets below a folder. One whose name a pattern would read as something else leads to its datasource. */
function folderQuery(datasource: string, path: string): string {
  const source = `datasource:${quoted(datasource)}`;
  return /^[\w./-]+$/.test(path) ? `${source} path:${path}**` : source;
}

function folderShares(folders: Folder[] | undefined): Share[] | undefined {
  if (folders === undefined) return undefined;
  const several = (name: string) => folders.filter((folder) => folder.name === name).length > 1;
  const shares = folders.map(({ name, path, datasource, assets }) => ({
    name: several(name) ? text.shares.folderOf(name || path, datasource) : name || path,
    query: folderQuery(datasource, path),
    assets,
  }));
  return shares.sort((left, right) => right.assets - left.assets);
}

function Where({ found }: { found: Found }) {
  const { to, about } = found;
  if ('run' in to) return <RunLink id={to.run}>{about}</RunLink>;
  return 'datasource' in to ? <DatasourceLink name={to.datasource} /> : <ConnectionLink name={to.connection} />;
}

function Problems({ found }: { found: Found[] }) {
  return (
    <section className="panel">
      <h2>{text.problems.title}</h2>
      {found.length === 0 ? <p className="badge tone-good">{text.problems.none}</p> : null}
      <ul className="problems">
        {found.map((one) => (
          <li key={`${JSON.stringify(one.to)}${one.sentence}`} className={`tone-${one.tone}`}>
            <strong className="wrap">
              <Where found={one} />
            </strong>
            <p className="wrap">
              <Prose text={one.sentence} />
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Panel({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="panel">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

export function OverviewPage() {
  const may = usePermission();
  const sources = useQuery(queries.datasources());
  const connections = useQuery({ ...queries.connections(), enabled: may('connections:read') });
  const facets = useQuery(queries.libraryFacets());
  const folders = useQuery(queries.topFolders());
  const identity = useQuery(queries.identity()).data;
  const workspace = useQuery(queries.workspace(identity?.workspace)).data;
  const created = facets.data?.facets.find((facet) => facet.field === 'created');
  const bars = timeBars(created);
  const broken = facets.error !== null && facets.data === undefined;

  const failure = useSteadyError(sources.error, sources.data);
  if (failure !== null && sources.data === undefined)
    return (
      <main className="page">
        <ErrorNotice error={failure} />
      </main>
    );
  if (sources.data?.length === 0 && workspace?.assets === 0)
    return (
      <main className="page">
        <FirstBucket />
      </main>
    );
  return (
    <main className="page">
      <PageHead
        title={text.title}
        lead={workspace === undefined ? undefined : text.lead(workspace.assets, workspace.bytes)}
      />
      <div className="panels">
        <div className="stack">
          <Panel title={text.came.title}>
            <Pending data={facets.data} error={facets.error} />
            {facets.isSuccess && bars.length === 0 ? <p className="quiet">{text.came.none}</p> : null}
            {bars.length > 0 ? <Chart bars={bars} sampled={(created?.sampled ?? null) !== null} /> : null}
          </Panel>
          <div className="share-panels">
            {broken // as the panel above says
              ? null
              : SHARED.map((field) => (
                  <Shares
                    key={field}
                    title={text.shares[field]}
                    shares={sharesOf(facets.data?.facets, field)}
                    error={null}
                  />
                ))}
            <Shares title={text.shares.folder} shares={folderShares(folders.data)} error={folders.error} />
          </div>
        </div>
        {sources.data === undefined ? null : <Problems found={findProblems(sources.data, connections.data ?? [])} />}
      </div>
    </main>
  );
}
