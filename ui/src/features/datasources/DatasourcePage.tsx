// One datasource: how it is doing, its settings, runs, health, events and history.
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Datasource } from '../../api/client';
import { queries } from '../../api/queries';
import { DatasourceBadge } from '../../components/Badge';
import { ErrorText } from '../../components/ErrorText';
import { Pending } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { Tabs } from '../../components/Tabs';
import { unlessGone } from '../../components/unlessGone';
import { useAsyncAction } from '../../components/useAsyncAction';
import { usePermission } from '../../components/usePermission';
import { Activity } from './Activity';
import { Assets } from './Assets';
import { DeleteDialog } from './DeleteDialog';
import { Events } from './Events';
import { Overview } from './Overview';
import { PreviewDialog } from './PreviewDialog';
import { PurgeDialog } from './PurgeDialog';
import { RunButton } from './RunButton';
import { Runs } from './Runs';
import { Settings } from './Settings';
import { SourceHealth } from './SourceHealth';
import { DATASOURCE_TABS, type DatasourceTab } from './tabs';
import { text } from './text';
import './datasources.css';

const route = getRouteApi('/datasources/$name');

type DialogName = 'preview' | 'purge' | 'delete';
const DIALOGS = { preview: PreviewDialog, purge: PurgeDialog, delete: DeleteDialog };

function Actions({ source }: { source: Datasource }) {
  const [open, setOpen] = useState<DialogName>();
  const action = useAsyncAction();
  const may = usePermission();
  const Dialog = open === undefined ? undefined : DIALOGS[open];
  const offered: { name: DialogName; label: string; allowed: boolean }[] = [
    { name: 'preview', label: text.card.preview, allowed: true },
    { name: 'purge', label: text.card.emptyTrash, allowed: may('datasources:delete') },
    { name: 'delete', label: text.card.delete, allowed: may('datasources:delete') },
  ];
  return (
    <>
      {may('runs:control') ? <RunButton source={source} action={action} /> : null}
      <Assets source={source} className="secondary" />
      {offered
        .filter(({ allowed }) => allowed)
        .map(({ name, label }) => (
          <button key={name} type="button" className="secondary" aria-haspopup="dialog" onClick={() => setOpen(name)}>
            {label}
          </button>
        ))}
      <ErrorText text={action.error} />
      {Dialog === undefined ? null : <Dialog source={source} close={() => setOpen(undefined)} />}
    </>
  );
}

function Part({ source, tab }: { source: Datasource; tab: DatasourceTab }) {
  switch (tab) {
    case 'overview':
      return <Overview source={source} />;
    case 'settings':
      return <Settings key={source.id} source={source} />;
    case 'runs':
      return <Runs name={source.name} />;
    case 'health':
      return <SourceHealth source={source} />;
    case 'events':
      return <Events source={source} />;
    case 'activity':
      return <Activity name={source.name} />;
  }
}

function Shown({ source, tab }: { source: Datasource; tab: DatasourceTab }) {
  const navigate = useNavigate();
  const choose = (next: DatasourceTab) =>
    navigate({
      to: '/datasources/$name',
      params: { name: source.name },
      search: next === 'overview' ? {} : { tab: next },
    });
  return (
    <>
      <PageHead
        title={
          <>
            {source.title ?? source.name} <DatasourceBadge status={source.status} />
          </>
        }
        lead={<span className="mono">{source.uri}</span>}
        above={<Link to="/datasources">{text.title}</Link>}
      >
        <Actions source={source} />
      </PageHead>
      <Tabs
        label={text.page.parts}
        value={tab}
        choices={DATASOURCE_TABS.map((value) => ({ value, label: text.page.tabs[value] }))}
        choose={choose}
      />
      <Part source={source} tab={tab} />
    </>
  );
}

export function DatasourcePage() {
  const { name } = route.useParams();
  const { tab = 'overview' } = route.useSearch();
  const { data, error } = unlessGone(useQuery(queries.datasource(name)));
  return (
    <main className="page">
      <Pending page data={data} error={error} />
      {data === undefined ? null : <Shown source={data} tab={tab} />}
    </main>
  );
}
