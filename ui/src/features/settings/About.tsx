// What is known about the server, and what the caller may do.
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { queries } from '../../api/queries';
import { Pending } from '../../components/Notice';
import { text } from './text';

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd className="wrap">{children}</dd>
    </div>
  );
}

export function About() {
  const { data, error } = useQuery(queries.about());
  const identity = useQuery(queries.identity()).data;
  if (data === undefined) return <Pending data={data} error={error} />;
  const { about } = text;
  return (
    <section className="panel">
      <dl className="described">
        <Fact label={about.version}>{data.version}</Fact>
        <Fact label={about.database}>{about.databases[data.database] ?? data.database}</Fact>
        <Fact label={about.origin}>
          <span className="mono">{data.origin}</span>
        </Fact>
        <Fact label={about.folders}>
          {data.local_folders.length === 0 ? about.none : <span className="mono">{data.local_folders.join('\n')}</span>}
        </Fact>
        {identity === undefined ? null : (
          <>
            <Fact label={about.you}>{identity.name}</Fact>
            {identity.role === null ? null : <Fact label={about.role}>{text.role(identity.role)}</Fact>}
            <Fact label={about.permissions}>{identity.permissions.join(', ')}</Fact>
          </>
        )}
        <Fact label={about.licence}>{about.apache}</Fact>
      </dl>
    </section>
  );
}
