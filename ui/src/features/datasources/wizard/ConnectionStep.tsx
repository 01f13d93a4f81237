// The first step: a stored connection, a new one, or what the server reaches without one.
import { useQuery } from '@tanstack/react-query';
import type { Connection } from '../../../api/client';
import { queries } from '../../../api/queries';
import { ConnectionForm, ServiceChoice } from '../../../components/connections/ConnectionForm';
import { HealthSummary } from '../../../components/connections/HealthRows';
import type { Service } from '../../../components/connections/services';
import { text as shared } from '../../../components/connections/text';
import { RadioCards } from '../../../components/Field';
import { Prose } from '../../../components/Rich';
import { usePermission } from '../../../components/usePermission';
import { ConnectionCheck } from './ConnectionCheck';
import { text } from './text';
import { type WizardSearch, withConnection } from './wizard';

interface Props {
  search: WizardSearch;
  change: (search: WizardSearch) => void;
}

const FRESH = 'new';
const BY_NAME = 'connection:'; // no name of a connection has a colon

interface FreshProps {
  service: Service | undefined;
  choose: (service: Service) => void;
  made: (connection: Connection) => void;
}

function Fresh({ service, choose, made }: FreshProps) {
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
  const chosen = connections.find((one) => one.name === search.connection);
  const fresh = edit && search.via === 'new' && chosen === undefined;
  const value = chosen === undefined ? search.via : BY_NAME + chosen.name;

  const choose = (next: string) => {
    const { connection: _, via: __, service: ___, place: ____, folder: _____, ...rest } = search;
    const found = connections.find((one) => BY_NAME + one.name === next);
    if (found !== undefined) change(withConnection(search, found));
    else if (next === FRESH) change({ ...rest, via: 'new' });
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
          service={search.service}
          choose={(service) => change({ ...search, service })}
          made={(made) => change(withConnection(search, made))}
        />
      ) : null}
      {chosen !== undefined && chosen.kind !== 'local' ? (
        <ConnectionCheck key={chosen.id} connection={chosen} edit={edit} />
      ) : null}
    </div>
  );
}
