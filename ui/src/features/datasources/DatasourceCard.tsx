// One datasource: its assets, its newest run, its schedule, and the actions on it.
import { useState } from 'react';
import type { Datasource } from '../../api/client';
import { ErrorText } from '../../components/ErrorText';
import { ago, when } from '../../components/format';
import { DatasourceLink, RunLink } from '../../components/links';
import { OutcomeCounts } from '../../components/OutcomeCounts';
import { Prose, Sentences } from '../../components/Rich';
import { RunProgress, RunStatus } from '../../components/RunStatus';
import { useAsyncAction } from '../../components/useAsyncAction';
import { usePermission } from '../../components/usePermission';
import { Assets } from './Assets';
import { DeleteDialog } from './DeleteDialog';
import { PreviewDialog } from './PreviewDialog';
import { PurgeDialog } from './PurgeDialog';
import { RunButton } from './RunButton';
import { ScheduleDialog } from './ScheduleDialog';
import { describeSchedule } from './schedule';
import { text } from './text';

const DIALOGS = {
  preview: { label: text.card.preview, needs: 'datasources:read', Dialog: PreviewDialog },
  schedule: { label: text.card.schedule, needs: 'datasources:edit', Dialog: ScheduleDialog },
  purge: { label: text.card.emptyTrash, needs: 'datasources:delete', Dialog: PurgeDialog },
  delete: { label: text.card.delete, needs: 'datasources:delete', Dialog: DeleteDialog },
} as const;
type DialogName = keyof typeof DIALOGS;

function LastRun({ source }: { source: Datasource }) {
  const run = source.last_run;
  if (run === null) return <p className="quiet">{text.card.neverRun}</p>;
  return (
    <>
      <p className="row">
        <RunStatus run={run} />
        <RunLink id={run.id} title={when(run.started)}>
          {text.card.lastRun(run.id, ago(run.started))}
        </RunLink>
        <OutcomeCounts counts={run.counts} />
      </p>
      <RunProgress run={run} />
      {run.waiting?.stuck ? (
        <p className="error-text">
          <Prose text={text.card.waiting(run.id, run.waiting.reason)} />
        </p>
      ) : null}
      {run.error ? (
        <p className="error-text">
          <Prose text={run.error} />
        </p>
      ) : null}
      <Sentences texts={run.notes} />
    </>
  );
}

export function DatasourceCard({ source }: { source: Datasource }) {
  const [open, setOpen] = useState<DialogName>();
  const action = useAsyncAction();
  const may = usePermission();
  const offered = (Object.keys(DIALOGS) as DialogName[]).filter((name) => may(DIALOGS[name].needs));
  const Dialog = open === undefined ? undefined : DIALOGS[open].Dialog;
  return (
    <li className="card">
      <div className="card-head">
        <h2 className="wrap">
          <DatasourceLink name={source.name}>{source.title ?? source.name}</DatasourceLink>
        </h2>
        <Assets source={source} className="asset-count" />
      </div>
      <p className="mono quiet wrap">{source.uri}</p>
      {source.globs.length > 0 ? <p className="mono quiet wrap">{text.card.patterns(source.globs)}</p> : null}
      <LastRun source={source} />
      <p className="row">
        {describeSchedule(source)}
        {source.next_due !== null && source.paused === null ? (
          <span className="quiet" title={when(source.next_due)}>
            {text.card.nextRun(ago(source.next_due))}
          </span>
        ) : null}
      </p>
      {source.paused !== null ? (
        <p className="error-text wrap">
          <Prose text={text.page.paused(source.paused)} />
        </p>
      ) : null}
      <div className="row card-actions">
        {may('runs:control') ? <RunButton source={source} action={action} /> : null}
        {offered.map((name) => (
          <button
            key={name}
            type="button"
            className={`secondary ${name}`}
            onClick={() => setOpen(name)}
            aria-haspopup="dialog"
          >
            {DIALOGS[name].label}
          </button>
        ))}
      </div>
      <ErrorText text={action.error} />
      {Dialog !== undefined ? <Dialog source={source} close={() => setOpen(undefined)} /> : null}
    </li>
  );
}
