// Empty the trash of a datasource: how many assets would go for good, and that number typed before they do.
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, useId, useState } from 'react';
import { api, type Purge } from '../api/client';
import { plural, quoted } from '../format';
import { go, to } from '../router';
import { Agreement } from '../shell/Agreement';
import { inWords, Trouble, useAct } from '../shell/act';
import { Dialog } from '../shell/Dialog';
import { Link } from '../shell/Link';

const DAYS = 30; // as the command has it
const MOST = 36_500;

function Found({ found, agree }: { found: Purge; agree: () => Promise<void> }) {
  const act = useAct();
  const long = plural(found.days, 'day');
  if (found.acknowledge === 0)
    return <p>{`Nothing waits in its trash untouched for ${long} that nothing else uses.`}</p>;
  return (
    <>
      <p>
        {plural(found.acknowledge, 'asset waits', 'assets wait')} there untouched for {long}, used by no project and no
        other datasource. Each goes for good once its object is proven gone once more; your bucket itself is never
        touched.
      </p>
      <Agreement
        key={found.acknowledge}
        number={found.acknowledge}
        what="assets that go for good"
        label="Remove them for good"
        act={act}
        agree={agree}
      />
    </>
  );
}

export function PurgeDialog({ name, close }: { name: string; close: () => void }) {
  const [typed, setTyped] = useState(String(DAYS));
  const id = useId();
  const days = /^\d{1,5}$/.test(typed.trim()) && Number(typed) <= MOST ? Number(typed) : undefined;
  const asked = useDeferredValue(days);
  const { data, error } = useQuery({
    queryKey: ['purge', name, asked],
    queryFn: ({ signal }) => api.purgeable(name, asked as number, signal),
    enabled: asked !== undefined,
    placeholderData: keepPreviousData,
    gcTime: 0, // counted anew each time
  });
  const cache = useQueryClient();
  const purge = async () => {
    if (data === undefined) return;
    const begun = await api.purge(name, data.days, data.acknowledge);
    await cache.invalidateQueries();
    close();
    go(`/runs/${begun.id}`, { inside: true });
  };
  const current = data !== undefined && data.days === days;
  return (
    <Dialog title={`Empty the trash of ${name}?`} close={close}>
      <p className="row">
        <label htmlFor={id}>Only what nobody touched there for</label>
        <input
          id={id}
          className="days"
          inputMode="numeric"
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        days
      </p>
      {days === undefined ? <Trouble text="Write a number of days." /> : null}
      {error !== null ? <Trouble text={inWords(error)} /> : null}
      {days !== undefined && !current && error === null ? <p className="quiet">Counting…</p> : null}
      {current ? <Found found={data} agree={purge} /> : null}
      <p className="quiet">
        <Link to={to('/', { query: `state:trash datasource:${quoted(name)}` })}>Look at its trash</Link> first: what is
        restored stays.
      </p>
    </Dialog>
  );
}
