// Whether a run could do what it needs. A check of the datasource tries its location and patterns and is not stored:
// until somebody asks for one, the last check of the connection stands here, which is.
import { useMutation, useQuery } from '@tanstack/react-query';
import { answer, client, type Datasource } from '../../api/client';
import { describeError } from '../../api/problem';
import { queries } from '../../api/queries';
import { HealthRows } from '../../components/connections/HealthRows';
import { text as shared } from '../../components/connections/text';
import { ErrorText } from '../../components/ErrorText';
import { ConnectionLink } from '../../components/links';
import { Rich } from '../../components/Rich';
import { usePermission, useRefusal } from '../../components/usePermission';
import { text } from './text';

/** The last check of a connection, for those who may look at connections. */
function OfConnection({ name }: { name: string }) {
  const { data } = useQuery({ ...queries.connection(name), enabled: usePermission()('connections:read') });
  if (data === undefined) return null;
  const { ofConnection, uncheckedConnection } = text.page.health;
  return (
    <>
      <p className="quiet">
        <Rich
          text={data.health === null ? uncheckedConnection : ofConnection}
          parts={{ link: <ConnectionLink name={name} /> }}
        />
      </p>
      {data.health === null ? null : <HealthRows health={data.health} />}
    </>
  );
}

export function SourceHealth({ source }: { source: Datasource }) {
  const { name, connection } = source;
  const check = useMutation({
    mutationFn: () => {
      const params = { path: { name }, query: { origin: window.location.origin } };
      return answer(client.POST('/api/v1/datasources/{name}/check', { params }));
    },
  });
  const may = usePermission();
  const refused = useRefusal();
  return (
    <section className="panel">
      <div className="panel-head">
        <p className="quiet">{text.page.health.lead}</p>
        {may('datasources:edit') ? (
          <button type="button" className="secondary" disabled={check.isPending} onClick={() => check.mutate()}>
            {check.data === undefined ? shared.health.check : shared.health.again}
          </button>
        ) : null}
      </div>
      {refused('datasources:edit') ? <p className="quiet">{text.page.noPermission}</p> : null}
      {check.isPending ? (
        <p className="quiet" role="status">
          {shared.health.checking}
        </p>
      ) : check.data !== undefined ? (
        <HealthRows health={check.data} />
      ) : connection === null ? null : (
        <OfConnection name={connection} />
      )}
      <ErrorText text={check.error === null ? undefined : describeError(check.error)} />
    </section>
  );
}
