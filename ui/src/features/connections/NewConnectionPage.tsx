// Add a connection: where the storage is, then the fields of the kind of access.
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { ConnectionForm, ServiceChoice } from '../../components/connections/ConnectionForm';
import { PageHead } from '../../components/PageHead';
import { Permitted } from '../../components/Permitted';
import { text } from './text';
import './connections.css';

const route = getRouteApi('/new/connection');

export function NewConnectionPage() {
  const { service } = route.useSearch();
  const navigate = useNavigate();
  return (
    <main className="page narrow">
      <PageHead title={text.addTitle} lead={text.addLead} above={<Link to="/connections">{text.back}</Link>} />
      <Permitted permission="connections:edit" refusal={text.noPermission}>
        <div className="stack">
          <ServiceChoice
            value={service}
            change={(chosen) => navigate({ to: '/new/connection', search: { service: chosen }, replace: true })}
          />
          {service === undefined ? null : (
            <ConnectionForm
              key={service}
              service={service}
              done={(made) => navigate({ to: '/connections/$name', params: { name: made.name } })}
            />
          )}
        </div>
      </Permitted>
    </main>
  );
}
