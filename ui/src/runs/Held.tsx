// What a run holds back, where it stood, and the way to let it happen.
import { useQueryClient } from '@tanstack/react-query';
import { api, type Hold } from '../api/client';
import { count, plural } from '../format';
import { go } from '../router';
import { Agreement } from '../shell/Agreement';
import { Trouble, useAct } from '../shell/act';
import { CopyButton } from '../shell/CopyButton';
import { Link } from '../shell/Link';
import { Notice, Prose } from '../shell/Notice';

export function Held({ run, hold, open }: { run: number; hold: Hold; open: boolean }) {
  const act = useAct();
  const dismissing = useAct();
  const cache = useQueryClient();
  if (hold.confirmed_by !== null)
    return (
      <Notice title={`${plural(hold.count, 'removal was held, and confirmed', 'removals were held, and confirmed')}`}>
        <p>
          <Link to={`/runs/${hold.confirmed_by}`}>Run {hold.confirmed_by}</Link> carried them out.
        </p>
      </Notice>
    );
  const held = plural(hold.count, 'removal was held here', 'removals were held here');
  if (hold.superseded_by !== null)
    return (
      <Notice title={held}>
        <p>
          Nothing came of it: <Link to={`/runs/${hold.superseded_by}`}>run {hold.superseded_by}</Link> judged anew what
          vanished.
        </p>
      </Notice>
    );
  if (!open)
    return (
      <Notice title={held}>
        <p>Nothing came of it: somebody dismissed it.</p>
      </Notice>
    );
  const places = Object.entries(hold.by_prefix).sort((left, right) => right[1] - left[1]);
  const agree = async () => {
    const begun = await api.confirm({ run, plan_hash: hold.plan_hash, count: hold.count });
    await cache.invalidateQueries({ queryKey: ['run'] });
    go(`/runs/${begun.id}`, { inside: true });
  };
  const dismiss = async () => {
    cache.setQueryData(['run', run], await api.cancel(run));
    await cache.invalidateQueries({ queryKey: ['runs'] });
  };
  const what = hold.count > 0 ? `${plural(hold.count, 'removal')} held` : 'Held';
  return (
    <Notice title={`${what} until you say so`} alarm>
      <p>
        <Prose text={hold.reason} />
      </p>
      <table className="plain">
        <tbody>
          {places.slice(0, 10).map(([prefix, held]) => (
            <tr key={prefix}>
              <td className="number">{count(held)}</td>
              <th scope="row" className="mono wrap">
                {prefix || 'outside of folders'}
              </th>
            </tr>
          ))}
          {places.length > 10 ? (
            <tr>
              <td />
              <th scope="row">and {plural(places.length - 10, 'more folder')}</th>
            </tr>
          ) : null}
        </tbody>
      </table>
      <p>
        Nothing of it was hidden or removed. If you agree, each object is first proven gone once more; your bucket
        itself is never touched.
      </p>
      <Agreement number={hold.count} what="removals" label="Let them happen" act={act} agree={agree} />
      <p className="row">
        <button type="button" className="more" disabled={dismissing.busy} onClick={() => dismissing.run(dismiss)}>
          {dismissing.busy ? 'Working…' : 'Dismiss them'}
        </button>
        <span className="quiet">Nothing happens to them now; the next pass judges anew.</span>
      </p>
      <Trouble text={dismissing.trouble} />
      <details>
        <summary className="quiet">The same as a command</summary>
        <div className="command">
          <code>{hold.confirm ?? ''}</code>
          <CopyButton text={hold.confirm ?? ''} what="the command" />
        </div>
      </details>
    </Notice>
  );
}
