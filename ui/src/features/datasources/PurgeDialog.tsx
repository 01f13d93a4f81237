// Empty the trash of a datasource: how many assets would be deleted, and that number typed before they are.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useDeferredValue, useState } from 'react';
import { answer, client, type Purge } from '../../api/client';
import { describeError } from '../../api/problem';
import { queries } from '../../api/queries';
import { ConfirmCount } from '../../components/ConfirmCount';
import { Dialog } from '../../components/Dialog';
import { DialogActions } from '../../components/DialogActions';
import { ErrorText } from '../../components/ErrorText';
import { quoted } from '../../components/format';
import { AssetsLink } from '../../components/links';
import { Rich } from '../../components/Rich';
import { useAsyncAction } from '../../components/useAsyncAction';
import { text } from './text';
import { workDone } from './work';

const DEFAULT_DAYS = 30; // the default of the command too
const MOST_DAYS = 36_500;

function readDays(typed: string): number | undefined {
  const days = /^\d{1,5}$/.test(typed.trim()) ? Number(typed) : undefined;
  return days !== undefined && days <= MOST_DAYS ? days : undefined;
}

interface ConfirmProps {
  found: Purge | undefined; // while it is counted, nothing can be confirmed
  purge: () => Promise<void>;
  close: () => void;
}

function Confirm({ found, purge, close }: ConfirmProps) {
  const action = useAsyncAction();
  if (found === undefined) return <DialogActions close={close} label={text.purge.confirm} danger blocked />;
  if (found.acknowledge === 0) return <DialogActions close={close} />;
  return (
    <ConfirmCount
      key={found.acknowledge}
      number={found.acknowledge}
      what={text.purge.what}
      label={text.purge.confirm}
      action={action}
      confirm={purge}
      close={close}
    />
  );
}

export function PurgeDialog({ source: { name }, close }: { source: { name: string }; close: () => void }) {
  const [typed, setTyped] = useState(String(DEFAULT_DAYS));
  const days = readDays(typed);
  const { data, error } = useQuery(queries.purge(name, useDeferredValue(days)));
  const cache = useQueryClient();
  const navigate = useNavigate();
  const purge = async () => {
    if (data === undefined) return;
    const params = { path: { name }, query: { days: data.days, acknowledge: data.acknowledge } };
    const run = await answer(client.POST('/api/v1/datasources/{name}/purge', { params }));
    close();
    void cache.invalidateQueries();
    await navigate({ to: '/runs/$runId', params: { runId: String(run.id) } });
  };
  const current = data !== undefined && data.days === days ? data : undefined;
  const input = (
    <input
      className="days"
      inputMode="numeric"
      autoComplete="off"
      aria-label={text.purge.daysLabel}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
  return (
    <Dialog title={text.purge.title(name)} close={close}>
      <p className="row">
        <Rich text={text.purge.days} parts={{ input }} />
      </p>
      {days === undefined ? <ErrorText text={text.purge.invalid(MOST_DAYS)} /> : null}
      {error !== null ? <ErrorText text={describeError(error)} /> : null}
      {days !== undefined && current === undefined && error === null ? (
        <p className="quiet">{text.purge.counting}</p>
      ) : null}
      {current === undefined ? null : (
        <p>{current.acknowledge === 0 ? text.purge.none(current.days) : text.purge.found(current.acknowledge)}</p>
      )}
      {current === undefined || current.worked_on === 0 ? null : (
        <p className="error-text">{text.purge.work(current.worked_on, workDone(current))}</p>
      )}
      <p className="quiet">
        <Rich
          text={text.purge.viewNote}
          parts={{
            link: <AssetsLink query={`state:trash datasource:${quoted(name)}`}>{text.purge.view}</AssetsLink>,
          }}
        />
      </p>
      <Confirm found={current} purge={purge} close={close} />
    </Dialog>
  );
}
