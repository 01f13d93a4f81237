// All connections, by name, with their health and where each is used.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Connection } from '../../api/client';
import { queries } from '../../api/queries';
import { HealthSummary } from '../../components/connections/HealthRows';
import { text as kindTexts } from '../../components/connections/text';
import { Notice, Pending } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { TableBox } from '../../components/TableBox';
import { usePermission, useRefusal } from '../../components/usePermission';
import { text } from './text';
import './connections.css';

function scopeOf({ settings }: Connection): string {
  if (settings.bucket === null) return settings.endpoint ?? '';
  return settings.prefix === '' ? settings.bucket : `${settings.bucket}/${settings.prefix}`;
}

function Row({ connection }: { connection: Connection }) {
  return (
    <tr>
      <td className="name">
        <Link to="/connections/$name" params={{ name: connection.name }}>
          {connection.name}
        </Link>
      </td>
      <td>{kindTexts.kinds[connection.kind]}</td>
      <td className="mono wrap">{scopeOf(connection)}</td>
      <td title={connection.datasources.join(', ')}>
        {connection.datasources.length === 0 ? (
          <span className="quiet">{text.unused}</span>
        ) : (
          text.used(connection.datasources.length)
        )}
      </td>
      <td>
        <HealthSummary health={connection.health} />
      </td>
    </tr>
  );
}

function Table({ connections }: { connections: Connection[] }) {
  return (
    <TableBox name="connections-table" label={text.title} columns={Object.values(text.columns)}>
      {connections.map((connection) => (
        <Row key={connection.id} connection={connection} />
      ))}
    </TableBox>
  );
}

export function ConnectionsPage() {
  const { data, error } = useQuery(queries.connections());
  const may = usePermission();
  const refused = useRefusal();
  const add = may('connections:edit') ? (
    <Link to="/new/connection" className="primary">
      {text.add}
    </Link>
  ) : null;
  return (
    <main className="page">
      <Pending page data={data} error={error} />
      {data?.length === 0 ? (
        <Notice title={text.empty.title}>
          <p>{text.empty.detail}</p>
          {add}
          {refused('connections:edit') ? <p className="quiet">{text.noPermission}</p> : null}
        </Notice>
      ) : null}
      {data !== undefined && data.length > 0 ? (
        <>
          <PageHead title={text.title} lead={text.number(data.length)}>
            {add}
          </PageHead>
          <Table connections={data} />
        </>
      ) : null}
    </main>
  );
}
