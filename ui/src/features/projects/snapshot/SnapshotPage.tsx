// One snapshot: what was frozen, what of it is gone, and what can be done with it.
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Snapshot } from '../../../api/client';
import { snapshotQueries, type Wanted } from '../../../api/snapshotQueries';
import { CopyButton } from '../../../components/CopyButton';
import { count, when } from '../../../components/format';
import { Pending } from '../../../components/Notice';
import { PageHead } from '../../../components/PageHead';
import { Tabs } from '../../../components/Tabs';
import { unlessGone } from '../../../components/unlessGone';
import { usePermission } from '../../../components/usePermission';
import { ExportDialog } from '../ExportDialog';
import { RestoreDialog } from '../RestoreDialog';
import { SplitBar } from '../Splits';
import { DeleteDialog } from './DeleteDialog';
import { FrozenAssets, GoneAssets } from './FrozenAssets';
import { classTotals } from './frozen';
import { NoteDialog } from './NoteDialog';
import { text } from './text';
import '../projects.css';
import './snapshot.css';

const route = getRouteApi('/projects/$name/snapshots/$number');

type Action = keyof typeof text.actions;
type Part = keyof typeof text.parts;
const PARTS = (['assets', 'gone'] as const).map((value) => ({ value, label: text.parts[value] }));

function Actions({ snapshot }: { snapshot: Snapshot }) {
  const edit = usePermission()('projects:edit');
  const [open, setOpen] = useState<Action>();
  const close = () => setOpen(undefined);
  const offered: Action[] = edit ? ['export', 'restore', 'note', 'delete'] : ['export'];
  return (
    <>
      {offered.map((name) => (
        <button key={name} type="button" className="secondary" aria-haspopup="dialog" onClick={() => setOpen(name)}>
          {text.actions[name]}
        </button>
      ))}
      {open === 'note' ? <NoteDialog snapshot={snapshot} close={close} /> : null}
      {open === 'restore' ? <RestoreDialog snapshot={snapshot} close={close} /> : null}
      {open === 'delete' ? <DeleteDialog snapshot={snapshot} close={close} /> : null}
      {open === 'export' ? (
        <ExportDialog title={snapshot.name} scope={{ snapshot: snapshot.name }} close={close} />
      ) : null}
    </>
  );
}

function Facts({ snapshot }: { snapshot: Snapshot }) {
  const { train = 0, valid = 0, test = 0, none = 0 } = snapshot.splits;
  const { facts } = text;
  const classes = classTotals(snapshot.classes);
  const { split } = snapshot;
  return (
    <section className="panel">
      <h2>{facts.title}</h2>
      <SplitBar counts={{ train, valid, test, none, assigned: 0 }} />
      <dl className="described">
        <div>
          <dt>{facts.assets}</dt>
          <dd>{count(snapshot.assets)}</dd>
        </div>
        <div>
          <dt>{facts.divided}</dt>
          <dd>{split === null ? facts.undivided : facts.dividedBy(split.train, split.valid, split.test)}</dd>
        </div>
        <div>
          <dt>{facts.size}</dt>
          <dd>{facts.bytes(snapshot.bytes)}</dd>
        </div>
        <div>
          <dt>{facts.digest}</dt>
          <dd className="mono wrap">
            {snapshot.digest} <CopyButton text={snapshot.digest} what={facts.theDigest} />
          </dd>
        </div>
        <div>
          <dt>{facts.classes}</dt>
          <dd className="wrap">
            {classes.length === 0
              ? facts.noClasses
              : classes.map(([name, number]) => text.assets.annotation(name, number)).join(', ')}
          </dd>
        </div>
      </dl>
    </section>
  );
}

export function SnapshotPage() {
  const { name, number } = route.useParams();
  const { part = 'assets', ...wanted } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error } = unlessGone(useQuery(snapshotQueries.one(name, number)));
  const choose = (value: Part) => navigate({ search: value === 'assets' ? {} : { part: value }, replace: true });
  const search = (next: Wanted) => navigate({ search: { ...wanted, ...next }, replace: true });
  return (
    <main className="page">
      <Pending page data={data} error={error} />
      {data === undefined ? null : (
        <>
          <PageHead
            title={data.name}
            lead={text.frozen(when(data.created), data.created_by)}
            above={
              <Link to="/projects/$name" params={{ name }}>
                {name}
              </Link>
            }
          >
            <Actions snapshot={data} />
          </PageHead>
          {data.note === '' ? null : <p className="snapshot-note wrap">{data.note}</p>}
          <div className="stack">
            <Facts snapshot={data} />
            <div>
              <Tabs label={text.part} value={part} choices={PARTS} choose={choose} />
              {part === 'gone' ? (
                <GoneAssets project={name} number={number} />
              ) : (
                <FrozenAssets snapshot={data} project={name} number={number} wanted={wanted} search={search} />
              )}
            </div>
          </div>
        </>
      )}
    </main>
  );
}
