// Every datasource, by name.
import { useQuery } from '@tanstack/react-query';
import { api, passing } from '../api/client';
import { plural } from '../format';
import { live } from '../runs/summary';
import { FirstBucket, ProblemNotice } from '../shell/Notice';
import { Card } from './Card';

export function DatasourcesPage() {
  const { data, error } = useQuery({
    queryKey: ['datasources'],
    queryFn: ({ signal }) => api.datasources(signal),
    refetchInterval: (query) =>
      query.state.data?.some((source) => source.last_run !== null && live(source.last_run)) ||
      passing(query.state.error)
        ? 1500
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
        <p className="quiet">{plural(data.length, 'place')} mirrored</p>
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
