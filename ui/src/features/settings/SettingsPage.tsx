// The settings of a workspace: members, keys, webhooks, limits, and what is known about the server.
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { queries } from '../../api/queries';
import { Pending } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { Tabs } from '../../components/Tabs';
import { About } from './About';
import { Functions } from './Functions';
import { Keys } from './Keys';
import { LikenessPart } from './LikenessPart';
import { Members } from './Members';
import { PARTS, type Part } from './parts';
import { SearchIndexes } from './SearchIndexes';
import { Secrets } from './Secrets';
import { Sessions } from './Sessions';
import { text } from './text';
import { Upkeep } from './Upkeep';
import { Webhooks } from './Webhooks';
import { WorkspacePart } from './WorkspacePart';
import './settings.css';

const route = getRouteApi('/settings');
const SHOWN: Record<Part, () => React.ReactNode> = {
  workspace: () => <WorkspacePart />,
  members: () => <Members />,
  keys: () => <Keys />,
  webhooks: () => <Webhooks />,
  functions: () => <Functions />,
  likeness: () => <LikenessPart />,
  indexes: () => <SearchIndexes />,
  upkeep: () => <Upkeep />,
  secrets: () => <Secrets />,
  sessions: () => <Sessions />,
  about: () => <About />,
};

export function SettingsPage() {
  const { part = 'workspace' } = route.useSearch();
  const navigate = useNavigate();
  const { data, error } = useQuery(queries.identity());
  return (
    <main className="page narrow">
      <Pending page data={data} error={error} />
      {data === undefined ? null : (
        <>
          <PageHead title={text.title} lead={text.lead(data.workspace)}>
            {data.permissions.includes('activity:read') ? (
              <Link to="/activity" className="secondary">
                {text.activity}
              </Link>
            ) : null}
          </PageHead>
          <Tabs
            label={text.partsLabel}
            value={part}
            choices={PARTS.map((value) => ({ value, label: text.parts[value] }))}
            choose={(next) => navigate({ to: '/settings', search: next === 'workspace' ? {} : { part: next } })}
          />
          {SHOWN[part]()}
        </>
      )}
    </main>
  );
}
