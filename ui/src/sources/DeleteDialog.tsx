// Forget a datasource: exactly what would go, and its number to be typed before it does.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, type Deletion } from '../api/client';
import { count, plural } from '../format';
import { Agreement } from '../shell/Agreement';
import { type Act, inWords, Trouble, useAct } from '../shell/act';
import { Dialog } from '../shell/Dialog';

const WHY = {
  keep: 'Its settings keep orphans, so its assets stay as they are.',
  trash: 'Its settings put orphans into the trash, from where they can be restored.',
  remove: 'Its settings remove orphans. What a project or another datasource uses is spared.',
};

function Fate({ found }: { found: Deletion }) {
  const rows = [
    { name: 'removed for good', value: found.removed },
    { name: 'into the trash', value: found.trashed },
    { name: 'kept as they are', value: found.kept },
  ];
  return (
    <>
      <table className="plain">
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <td className="number">{count(row.value)}</td>
              <th scope="row">{row.name}</th>
            </tr>
          ))}
        </tbody>
      </table>
      {found.handed_over > 0 ? (
        <p>
          {plural(found.handed_over, 'of them is', 'of them are')} shared: another datasource reaches the same objects,
          and governs those assets then.
        </p>
      ) : null}
      <p className="quiet">{WHY[found.orphans]} Your bucket itself is never touched.</p>
    </>
  );
}

function Consent({ found, act, remove }: { found: Deletion; act: Act; remove: () => Promise<void> }) {
  if (found.acknowledge > 0)
    return <Agreement number={found.acknowledge} what="assets that go" label="Delete it" act={act} agree={remove} />;
  return (
    <>
      <p>No asset goes with it.</p>
      <p>
        <button type="button" className="grave" disabled={act.busy} onClick={() => act.run(remove)}>
          {act.busy ? 'Working…' : 'Delete it'}
        </button>
      </p>
      <Trouble text={act.trouble} />
    </>
  );
}

export function DeleteDialog({ name, close }: { name: string; close: () => void }) {
  const { data, error } = useQuery({
    queryKey: ['deletion', name],
    queryFn: ({ signal }) => api.deletion(name, signal),
    gcTime: 0, // counted anew each time
  });
  const act = useAct();
  const cache = useQueryClient();
  const remove = async () => {
    if (data === undefined) return;
    await api.remove(name, data.acknowledge);
    await cache.invalidateQueries();
    close();
  };
  return (
    <Dialog title={`Delete the datasource ${name}?`} close={close}>
      {error !== null ? <Trouble text={inWords(error)} /> : null}
      {data === undefined && error === null ? <p className="quiet">Counting…</p> : null}
      {data !== undefined ? (
        <>
          <p>Of its {plural(data.removed + data.trashed + data.kept, 'asset')}, these would be</p>
          <Fate found={data} />
          <Consent found={data} act={act} remove={remove} />
        </>
      ) : null}
    </Dialog>
  );
}
