// The library at a glance: what came in over time, what it holds, and what somebody should look at.
import { useQuery } from '@tanstack/react-query';
import type { Datasource } from '../../api/client';
import { queries } from '../../api/queries';
import { settingsQueries } from '../../api/settingsQueries';
import { count } from '../../components/format';
import { AssetsLink, ConnectionLink, DatasourceLink, RunLink } from '../../components/links';
import { ErrorNotice, FirstBucket, Pending } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { Prose } from '../../components/Rich';
import { RunProgress, RunStatus } from '../../components/RunStatus';
import { usePermission } from '../../components/usePermission';
import { useSteadyError } from '../../components/useSteadyError';
import { type TimeBar, timeBars } from './bars';
import { Panel } from './Panel';
import { type Found, findProblems } from './problems';
import { ShareCharts } from './ShareCharts';
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
      <figure aria-label={text.came.label(bars.length, total, first, last)}>
        {/* By keyboard the same links are in the table. */}
        <svg
          className="chart"
          viewBox={`0 0 ${bars.length * 10} ${HEIGHT}`}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          {bars.map((bar, place) => {
            if (bar.assets === 0) return null;
            const height = Math.max(1.5, (HEIGHT * bar.assets) / most);
            return (
              <AssetsLink key={bar.from} query={bar.query} tabIndex={-1}>
                <title>{text.came.bar(bar.from, bar.assets)}</title>
                <rect className="reach" x={place * 10} y={0} width={10} height={HEIGHT} />
                <rect className="bar" x={place * 10 + 1} y={HEIGHT - height} width={8} height={height} />
              </AssetsLink>
            );
          })}
        </svg>
        <div className="chart-ends quiet">
          <span>{first}</span>
          <span>{last}</span>
        </div>
      </figure>
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
                  <th scope="row">
                    <AssetsLink query={bar.query}>{bar.from}</AssetsLink>
                  </th>
                  <td className="number">{count(bar.assets)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </details>
    </>
  );
}

function Where({ found }: { found: Found }) {
  const { to, about } = found;
  if ('run' in to)
    return (
      <RunLink id={to.run} kind={to.kind}>
        {about}
      </RunLink>
    );
  return 'datasource' in to ? <DatasourceLink name={to.datasource} /> : <ConnectionLink name={to.connection} />;
}

function Problems({ found }: { found: Found[] }) {
  return (
    <section className="panel attention">
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

/** How far the runs are that are at work. */
function Working({ sources }: { sources: Datasource[] }) {
  const working = sources.filter(({ last_run: run }) => run?.state === 'running');
  if (working.length === 0) return null;
  return (
    <Panel title={text.working.title}>
      <ul className="stack-s">
        {working.map(({ name, last_run: run }) =>
          run === null ? null : (
            <li key={name} className="stack-s">
              <span className="row">
                <DatasourceLink name={name} />
                <RunLink id={run.id} />
                <RunStatus run={run} />
              </span>
              <RunProgress run={run} />
            </li>
          ),
        )}
      </ul>
    </Panel>
  );
}

export function OverviewPage() {
  const may = usePermission();
  const sources = useQuery(queries.datasources());
  const connections = useQuery({ ...queries.connections(), enabled: may('connections:read') });
  const facets = useQuery(queries.libraryFacets());
  const identity = useQuery(queries.identity()).data;
  const workspace = useQuery(settingsQueries.workspace(identity?.workspace)).data;
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
        {sources.data === undefined ? null : <Problems found={findProblems(sources.data, connections.data ?? [])} />}
        <div className="stack">
          {sources.data === undefined ? null : <Working sources={sources.data} />}
          <Panel title={text.came.title}>
            <Pending data={facets.data} error={facets.error} />
            {facets.isSuccess && bars.length === 0 ? <p className="quiet">{text.came.none}</p> : null}
            {bars.length > 0 ? <Chart bars={bars} sampled={(created?.sampled ?? null) !== null} /> : null}
          </Panel>
          <ShareCharts facets={facets.data?.facets} broken={broken} />
        </div>
      </div>
    </main>
  );
}
