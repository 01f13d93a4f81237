// All datasources, by name.
import { useQuery } from '@tanstack/react-query';
import { queries } from '../../api/queries';
import { ErrorNotice, FirstBucket } from '../../components/Notice';
import { DatasourceCard } from './DatasourceCard';
import { text } from './text';
import './datasources.css';

export function DatasourcesPage() {
  const { data, error } = useQuery(queries.datasources());
  return (
    <main className="page">
      {error !== null && data === undefined ? <ErrorNotice error={error} /> : null}
      {data?.length === 0 ? <FirstBucket /> : null}
      {data !== undefined && data.length > 0 ? (
        <>
          <div className="page-head">
            <h1>{text.title}</h1>
            <p className="quiet">{text.number(data.length)}</p>
          </div>
          <ul className="cards">
            {data.map((source) => (
              <DatasourceCard key={source.id} source={source} />
            ))}
          </ul>
        </>
      ) : null}
    </main>
  );
}
