// The first step: a stored connection, a new one, or what the server reaches without one.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, type Connection, client } from '../../../api/client';
import { keys, queries } from '../../../api/queries';
import { ConnectionForm, ServiceChoice } from '../../../components/connections/ConnectionForm';
import { HealthRows, HealthSummary } from '../../../components/connections/HealthRows';
import type { Service } from '../../../components/connections/services';
import { text as shared } from '../../../components/connections/text';
import { ErrorText } from '../../../components/ErrorText';
import { RadioCards } from '../../../components/Field';
import { Prose } from '../../../components/Rich';
import { useAsyncAction } from '../../../components/useAsyncAction';
import { usePermission } from '../../../components/usePermission';
import { text } from './text';
import { type WizardSearch, withConnection } from './wizard';

interface Props {
  search: WizardSearch;
  change: (search: WizardSearch) => void;
}

const FRESH = 'new:';
const BY_NAME = 'connection:'; // no name of a connection has a colon

/** The check of the chosen connection. Without it, a wrong policy would show only in the preview. */
function Check({ connection, edit }: { connection: Connection; edit: boolean }) {
  const action = useAsyncAction();
  const cache = useQueryClient();
  const check = async () => {
    const params = { path: { name: connection.name }, query: { origin: window.location.origin } };
    await answer(client.POST('/api/v1/connections/{name}/check', { params }));
    await cache.invalidateQueries({ queryKey: keys.connections });
  };
  return (
    <section className="panel" aria-label={shared.health.title}>
      {action.busy ? (
        <p className="quiet" role="status">
          {shared.health.checking}
        </p>
      ) : connection.health === null ? (
        <HealthSummary health={null} />
      ) : (
        <HealthRows health={connection.health} />
      )}
      {edit ? (
        <p>
          <button type="button" className="secondary" disabled={action.busy} onClick={() => action.run(check)}>
            {connection.health === null ? text.connection.check : text.connection.again}
          </button>
        </p>
      ) : null}
      <ErrorText text={action.error} />
    </section>
  );
}

function Fresh({ made }: { made: (connection: Connection) => void }) {
  const [service, choose] = useState<Service>();
  return (
    <div className="stack">
      <ServiceChoice value={service} change={choose} />
      {service === undefined ? null : <ConnectionForm key={service} service={service} done={made} />}
    </div>
  );
}

export function ConnectionStep({ search, change }: Props) {
  const connections = useQuery(queries.connections()).data ?? [];
  const about = useQuery(queries.about()).data;
  const roots = about?.local_folders ?? [];
  const may = usePermission();
  const edit = may('connections:edit');
  const [fresh, setFresh] = useState(false);
  const chosen = connections.find((one) => one.name === search.connection);
  const value = fresh ? FRESH : chosen !== undefined ? BY_NAME + chosen.name : search.via;

  const choose = (next: string) => {
    setFresh(next === FRESH);
    const { connection: _, via: __, place: ___, folder: ____, ...rest } = search;
    const found = connections.find((one) => BY_NAME + one.name === next);
    if (found !== undefined) change(withConnection(search, found));
    else if (next === 'server' || next === 'folder') change({ ...rest, via: next });
    else change(rest);
  };
  const options = [
    ...connections.map((one) => ({
      value: BY_NAME + one.name,
      label: one.name,
      note: (
        <>
          {shared.kinds[one.kind]} ·{' '}
          {one.settings.bucket === null ? text.connection.noBucket : text.connection.bucket(one.settings.bucket)}{' '}
          <HealthSummary health={one.health} />
        </>
      ),
    })),
    ...(edit ? [{ value: FRESH, ...text.connection.fresh }] : []),
    { value: 'server', ...text.connection.server },
    ...(roots.length > 0
      ? [{ value: 'folder', label: text.connection.folder.label, note: text.connection.folder.note(roots) }]
      : []),
  ];
  return (
    <div className="stack">
      <RadioCards legend={text.connection.legend} name="via" value={value} change={choose} options={options} />
      {about !== undefined && roots.length === 0 ? (
        <p className="hint">
          <Prose text={text.connection.noFolder} />
        </p>
      ) : null}
      {fresh ? (
        <Fresh
          made={(made) => {
            setFresh(false);
            change(withConnection(search, made));
          }}
        />
      ) : null}
      {!fresh && chosen !== undefined && chosen.kind !== 'local' ? (
        <Check key={chosen.id} connection={chosen} edit={edit} />
      ) : null}
    </div>
  );
}
