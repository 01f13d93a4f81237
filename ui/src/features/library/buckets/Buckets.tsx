// The buckets that the library comes from: the state of each connection, and how far its runs are.
import { useQuery } from '@tanstack/react-query';
import type { Connection, Datasource } from '../../../api/client';
import { queries } from '../../../api/queries';
import { BucketPanel, SyncStates } from '../../../components/connections/BucketPanel';
import { Dialog } from '../../../components/Dialog';
import { Pending } from '../../../components/Notice';
import { usePermission } from '../../../components/usePermission';
import { text } from './text';

interface Props {
  connections: readonly Connection[];
  sources: readonly Datasource[];
}

function Shown({ connections, sources }: Props) {
  const used = connections
    .map((connection) => ({ connection, of: sources.filter((one) => one.connection === connection.name) }))
    .filter(({ of }) => of.length > 0);
  const known = new Set(used.map(({ connection }) => connection.name));
  const others = sources.filter(({ connection }) => connection === null || !known.has(connection));
  return (
    <div className="stack">
      {sources.length === 0 ? <p className="quiet">{text.none}</p> : null}
      {used.map(({ connection, of }) => (
        <BucketPanel
          key={connection.name}
          connection={connection}
          place={connection.settings}
          sources={of}
          among="several"
        />
      ))}
      {others.length === 0 ? null : (
        <section className="panel">
          <h2>{used.length === 0 ? text.sources : text.others}</h2>
          <SyncStates sources={others} />
        </section>
      )}
    </div>
  );
}

export function Buckets({ close }: { close: () => void }) {
  const sources = useQuery(queries.datasources());
  const may = usePermission()('connections:read');
  const connections = useQuery({ ...queries.connections(), enabled: may });
  const known = may ? connections.data : [];
  return (
    <Dialog title={text.title} close={close}>
      <Pending data={sources.data} error={sources.error} />
      {sources.data === undefined || known === undefined ? null : <Shown connections={known} sources={sources.data} />}
    </Dialog>
  );
}
