// Every datasource: where it stands, how much came of it, how its newest run ended.
import { useQuery } from '@tanstack/react-query';
import { api, type Datasource, passing } from '../api/client';
import { ago, count, plural, quoted, when } from '../format';
import { to } from '../router';
import { Badge } from '../shell/Badge';
import { Link } from '../shell/Link';
import { FirstBucket, ProblemNotice, Prose } from '../shell/Notice';

function LastRun({ source }: { source: Datasource }) {
  const run = source.last_run;
  if (run === null) return <span className="quiet">never mirrored</span>;
  return (
    <span className="row">
      <Badge state={run.state} />
      <Link to={`/runs/${run.id}`} title={when(run.started)}>
        run {run.id}, {ago(run.started)}
      </Link>
    </span>
  );
}

function Card({ source }: { source: Datasource }) {
  return (
    <li className="card">
      <div className="card-head">
        <h2>{source.name}</h2>
        <Link className="big" to={to('/', { query: `datasource:${quoted(source.name)}` })}>
          {plural(source.assets, 'asset')}
        </Link>
      </div>
      <p className="mono quiet wrap">{source.uri}</p>
      {source.globs.length > 0 ? <p className="mono quiet wrap">only {source.globs.join(', ')}</p> : null}
      <LastRun source={source} />
      {source.last_run?.error ? (
        <p className="trouble">
          <Prose text={source.last_run.error} />
        </p>
      ) : null}
    </li>
  );
}

export function DatasourcesPage() {
  const { data, error } = useQuery({
    queryKey: ['datasources'],
    queryFn: ({ signal }) => api.datasources(signal),
    refetchInterval: (query) =>
      query.state.data?.some((source) => source.last_run?.state === 'running') || passing(query.state.error)
        ? 2000
        : 15_000,
  });
  if (error !== null && data === undefined) return <Page>{<ProblemNotice error={error} />}</Page>;
  if (data === undefined) return <Page />;
  if (data.length === 0) {
    return (
      <Page>
        <FirstBucket />
      </Page>
    );
  }
  return (
    <Page>
      <div className="page-head">
        <h1>Datasources</h1>
        <p className="quiet">
          {plural(data.length, 'place')} mirrored, {count(data.reduce((sum, source) => sum + source.assets, 0))} assets
        </p>
      </div>
      <ul className="cards">
        {data.map((source) => (
          <Card key={source.id} source={source} />
        ))}
      </ul>
    </Page>
  );
}

function Page({ children }: { children?: React.ReactNode }) {
  return <main className="page">{children}</main>;
}
