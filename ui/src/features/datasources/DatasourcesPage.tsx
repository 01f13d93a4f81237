// All datasources, by name.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { queries } from '../../api/queries';
import { AssetsLink } from '../../components/links';
import { FirstBucket, Pending } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { usePermission } from '../../components/usePermission';
import { hasAssets } from './Assets';
import { DatasourceCard } from './DatasourceCard';
import { text } from './text';
import './datasources.css';

export function DatasourcesPage() {
  const { data, error } = useQuery(queries.datasources());
  const may = usePermission();
  return (
    <main className="page wide">
      <Pending page data={data} error={error} />
      {data?.length === 0 ? <FirstBucket /> : null}
      {data !== undefined && data.length > 0 ? (
        <>
          <PageHead title={text.title} lead={text.number(data.length)}>
            {may('datasources:edit') ? (
              <Link to="/new/datasource" className="primary">
                {text.add}
              </Link>
            ) : null}
          </PageHead>
          <ul className="cards">
            {data.map((source) => (
              <DatasourceCard key={source.id} source={source} />
            ))}
          </ul>
          {data.some(hasAssets) ? (
            <p>
              <AssetsLink query="">{text.viewAllAssets}</AssetsLink>
            </p>
          ) : null}
        </>
      ) : null}
    </main>
  );
}
