// Whether a run could do what it needs, tried with real requests. Nothing is stored.
import { useMutation } from '@tanstack/react-query';
import { answer, client, type Datasource } from '../../api/client';
import { describeError } from '../../api/problem';
import { HealthRows } from '../../components/connections/HealthRows';
import { text as shared } from '../../components/connections/text';
import { ErrorText } from '../../components/ErrorText';
import { Permitted } from '../../components/Permitted';
import { text } from './text';

export function SourceHealth({ source }: { source: Datasource }) {
  return (
    <Permitted permission="datasources:edit" refusal={text.page.noPermission}>
      <Check name={source.name} />
    </Permitted>
  );
}

function Check({ name }: { name: string }) {
  const check = useMutation({
    mutationFn: () => {
      const params = { path: { name }, query: { origin: window.location.origin } };
      return answer(client.POST('/api/v1/datasources/{name}/check', { params }));
    },
  });
  return (
    <section className="panel">
      <div className="panel-head">
        <p className="quiet">{text.page.healthLead}</p>
        <button type="button" className="secondary" disabled={check.isPending} onClick={() => check.mutate()}>
          {check.data === undefined ? shared.health.check : shared.health.again}
        </button>
      </div>
      {check.isPending ? (
        <p className="quiet" role="status">
          {shared.health.checking}
        </p>
      ) : null}
      {check.data === undefined || check.isPending ? null : <HealthRows health={check.data} />}
      <ErrorText text={check.error === null ? undefined : describeError(check.error)} />
    </section>
  );
}
