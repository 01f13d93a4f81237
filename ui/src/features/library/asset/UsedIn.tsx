// Where an asset is used: the projects that it is in, and the snapshots that hold it for ever.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { assetQueries, SNAPSHOTS } from '../../../api/assetQueries';
import type { AssetItem } from '../../../api/client';
import { describeError } from '../../../api/problem';
import { ErrorText } from '../../../components/ErrorText';
import { when } from '../../../components/format';
import { usePermission } from '../../../components/usePermission';
import { text } from './sideText';

const { used } = text;

export function UsedIn({ asset }: { asset: AssetItem }) {
  const may = usePermission();
  const { data, error } = useQuery(assetQueries.snapshots(asset.id, may('projects:read')));
  const snapshots = data ?? [];
  if (asset.projects.length === 0 && snapshots.length === 0 && error === null) return null;
  return (
    <section className="part" aria-label={used.title}>
      <h2>{used.title}</h2>
      <dl className="facts">
        {asset.projects.length === 0 ? null : (
          <div>
            <dt>{used.projects}</dt>
            <dd className="row tight">
              {asset.projects.map((name) => (
                <Link key={name} className="chip" to="/projects/$name" params={{ name }}>
                  {name}
                </Link>
              ))}
            </dd>
          </div>
        )}
        {snapshots.length === 0 ? null : (
          <div>
            <dt>{used.snapshots}</dt>
            <dd className="row tight">
              {snapshots.map(({ name, project, number, note, created }) => (
                <Link
                  key={name}
                  className="chip"
                  to="/projects/$name/snapshots/$number"
                  params={{ name: project, number: String(number) }}
                  title={used.frozen(when(created), note)}
                >
                  {name}
                </Link>
              ))}
              {snapshots.length === SNAPSHOTS ? <span className="quiet">{used.newest(SNAPSHOTS)}</span> : null}
            </dd>
          </div>
        )}
      </dl>
      <ErrorText text={error === null ? undefined : describeError(error)} />
    </section>
  );
}
