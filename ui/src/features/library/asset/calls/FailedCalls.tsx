// The calls of own functions for an asset that failed, or that wait for another attempt. Nothing where none did.
import { queryOptions, useQuery } from '@tanstack/react-query';
import { answer, client } from '../../../../api/client';
import { keys } from '../../../../api/queries';
import { when } from '../../../../components/format';
import { RetryCalls } from '../../../../components/RetryCalls';
import { usePermission } from '../../../../components/usePermission';
import { text } from './text';

const failures = (id: string, enabled: boolean) =>
  queryOptions({
    queryKey: [...keys.asset(id), 'function-failures'],
    queryFn: ({ signal }) => {
      const params = { path: { asset_id: id } };
      return answer(client.GET('/api/v1/assets/{asset_id}/function-failures', { params, signal }));
    },
    enabled,
  });

export function FailedCalls({ id }: { id: string }) {
  const { data } = useQuery(failures(id, usePermission()('functions:read')));
  if (data === undefined || data.length === 0) return null;
  return (
    <section className="part" aria-label={text.title}>
      <h2>{text.title}</h2>
      <ul className="warnings failed-calls">
        {data.map((one) => (
          <li key={one.function}>
            <p title={one.next_attempt === null ? undefined : when(one.next_attempt)}>
              {one.next_attempt === null ? text.failed(one.function, one.attempts) : text.again(one.function)}
            </p>
            <p className="wrap">{one.error}</p>
            <RetryCalls name={one.function} asset={id} />
          </li>
        ))}
      </ul>
    </section>
  );
}
