// One datasource: what stands of it, how its newest run goes, when the next comes, and what can be done.
import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { api, type Datasource } from '../api/client';
import { ago, count, plural, quoted, when } from '../format';
import { to } from '../router';
import { parts } from '../runs/summary';
import { type Act, Trouble, useAct } from '../shell/act';
import { Badge } from '../shell/Badge';
import { Link } from '../shell/Link';
import { Prose } from '../shell/Notice';
import { DeleteDialog } from './DeleteDialog';
import { PreviewDialog } from './PreviewDialog';
import { PurgeDialog } from './PurgeDialog';
import { ScheduleDialog } from './ScheduleDialog';
import { inWords } from './schedule';

function LastRun({ source }: { source: Datasource }) {
  const run = source.last_run;
  if (run === null) return <p className="quiet">never mirrored</p>;
  const found = parts(run);
  return (
    <p className="row">
      <Badge state={run.state} />
      <Link to={`/runs/${run.id}`} title={when(run.started)}>
        run {run.id}, {ago(run.started)}
      </Link>
      {run.state === 'running' ? (
        <span className="number">
          {count(run.counts.listed)} listed, {count(run.counts.selected)} selected
        </span>
      ) : null}
      {found.map((part) => (
        <span key={part.kind} className={`delta ${part.kind}`}>
          {count(part.count)} {part.name}
        </span>
      ))}
    </p>
  );
}

/** Why a pass cannot be asked for now; nothing where it can. */
function hindrance(source: Datasource): string | undefined {
  if (source.can_run) return undefined;
  if (source.cooldown_minutes > 0) return `again in ${plural(source.cooldown_minutes, 'minute')}`;
  if (source.last_run?.state !== 'queued') return 'a pass is at work';
  return source.last_run.waiting?.stuck ? 'it waits, and nobody takes it' : 'it waits for a worker';
}

function RunButton({ source, act }: { source: Datasource; act: Act }) {
  const cache = useQueryClient();
  const id = useId();
  const why = hindrance(source);
  const start = () =>
    act.run(async () => {
      await api.start(source.name);
      await cache.invalidateQueries({ queryKey: ['datasources'] });
      await cache.invalidateQueries({ queryKey: ['runs'] });
    });
  return (
    <span className="row">
      {/* Not `disabled`: then nobody could reach it to hear why. */}
      <button
        type="button"
        className="main"
        aria-disabled={why !== undefined || act.busy}
        aria-describedby={why === undefined ? undefined : id}
        title={why ?? 'Mirror it now'}
        onClick={why === undefined ? start : undefined}
      >
        {act.busy ? 'Starting…' : 'Run'}
      </button>
      {why !== undefined ? (
        <span id={id} className="quiet">
          {why}
        </span>
      ) : null}
    </span>
  );
}

function Assets({ source }: { source: Datasource }) {
  const run = source.last_run;
  const completed = source.assets > 0 || run?.state === 'succeeded' || run?.state === 'held';
  if (!completed)
    return (
      <span className="big quiet" title="No pass over it has completed yet.">
        no assets yet
      </span>
    );
  return (
    <Link
      className="big"
      to={to('/', { query: `datasource:${quoted(source.name)}` })}
      title={`View the assets of ${source.name}`}
    >
      {plural(source.assets, 'asset')}
    </Link>
  );
}

export function Card({ source }: { source: Datasource }) {
  const [asked, ask] = useState<'schedule' | 'preview' | 'purge' | 'delete'>();
  const act = useAct();
  const close = () => ask(undefined);
  return (
    <li className="card">
      <div className="card-head">
        <h2>{source.name}</h2>
        <Assets source={source} />
      </div>
      <p className="mono quiet wrap">{source.uri}</p>
      {source.globs.length > 0 ? <p className="mono quiet wrap">only {source.globs.join(', ')}</p> : null}
      <LastRun source={source} />
      {source.last_run?.waiting?.stuck ? (
        <p className="trouble">
          Run {source.last_run.id} waits: <Prose text={`${source.last_run.waiting.reason}.`} />
        </p>
      ) : null}
      {source.last_run?.error ? (
        <p className="trouble">
          <Prose text={source.last_run.error} />
        </p>
      ) : null}
      <p className="row">
        {inWords(source)}
        {source.next_due !== null ? (
          <span className="quiet" title={when(source.next_due)}>
            next {ago(source.next_due)}
          </span>
        ) : null}
      </p>
      <div className="row acts">
        <RunButton source={source} act={act} />
        <button type="button" className="more" onClick={() => ask('preview')} aria-haspopup="dialog">
          Preview
        </button>
        <button type="button" className="more" onClick={() => ask('schedule')} aria-haspopup="dialog">
          Schedule
        </button>
        <button type="button" className="more" onClick={() => ask('purge')} aria-haspopup="dialog">
          Empty trash
        </button>
        <button type="button" className="more last" onClick={() => ask('delete')} aria-haspopup="dialog">
          Delete
        </button>
      </div>
      <Trouble text={act.trouble} />
      {asked === 'schedule' ? <ScheduleDialog source={source} close={close} /> : null}
      {asked === 'preview' ? <PreviewDialog name={source.name} close={close} /> : null}
      {asked === 'purge' ? <PurgeDialog name={source.name} close={close} /> : null}
      {asked === 'delete' ? <DeleteDialog name={source.name} close={close} /> : null}
    </li>
  );
}
