// Who changed what of a datasource, from which value to which.
import { useInfiniteQuery } from '@tanstack/react-query';
import type { DatasourceChange } from '../../api/client';
import { jobQueries } from '../../api/jobQueries';
import { ago, when } from '../../components/format';
import { MoreButton } from '../../components/MoreButton';
import { Pending } from '../../components/Notice';
import { text } from './text';

function shown(value: unknown): string {
  if (value === null || value === undefined) return text.page.default;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function Changes({ change }: { change: DatasourceChange }) {
  return change.changes.map(({ setting, old, new: now }) => (
    <p key={setting} className="wrap">
      <span className="mono">{setting}</span>{' '}
      {change.action === 'create' ? null : (
        <>
          <del className="quiet">{shown(old)}</del>{' '}
        </>
      )}
      <ins>{shown(now)}</ins>
    </p>
  ));
}

export function Activity({ name }: { name: string }) {
  const found = useInfiniteQuery(jobQueries.changes(name));
  const changes = found.data?.pages.flatMap(({ items }) => items);
  if (changes === undefined) return <Pending data={changes} error={found.error} />;
  if (changes.length === 0) return <p className="quiet">{text.page.noActivity}</p>;
  return (
    <>
      <p className="quiet">{text.page.activityLead}</p>
      <ul className="timeline">
        {changes.map((change) => (
          <li key={change.id}>
            <p>
              <strong>{change.actor}</strong> {text.page.actions[change.action] ?? change.action}{' '}
              <span className="quiet" title={when(change.at)}>
                {ago(change.at)}
              </span>
            </p>
            <Changes change={change} />
          </li>
        ))}
      </ul>
      <MoreButton list={found} />
    </>
  );
}
