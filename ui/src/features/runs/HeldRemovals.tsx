// The removals that a run holds: where they are, and the way to confirm or dismiss them.
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { answer, client, type Hold } from '../../api/client';
import { keys } from '../../api/queries';
import { ConfirmCount } from '../../components/ConfirmCount';
import { Copyable } from '../../components/CopyButton';
import { ErrorText } from '../../components/ErrorText';
import { count } from '../../components/format';
import { RunLink } from '../../components/links';
import { Notice } from '../../components/Notice';
import { Prose, Rich } from '../../components/Rich';
import { text as texts } from '../../components/text';
import { useAsyncAction } from '../../components/useAsyncAction';
import { text } from './text';

const FOLDERS_SHOWN = 10;

interface Props {
  run: number;
  hold: Hold;
  open: boolean;
  may: boolean; // decide about them
}

export function HeldRemovals({ run, hold, open, may }: Props) {
  if (open)
    return (
      <Notice title={text.held.title(hold.count)} alarm>
        <p>
          <Prose text={hold.reason} />
        </p>
        <Folders byPrefix={hold.by_prefix} />
        <p>{text.held.explanation}</p>
        {may ? <Decision run={run} hold={hold} /> : null}
      </Notice>
    );
  const [title, outcome, by] =
    hold.confirmed_by !== null
      ? [text.held.confirmedTitle(hold.count), text.held.confirmedBy, hold.confirmed_by]
      : hold.superseded_by !== null
        ? [text.held.closedTitle(hold.count), text.held.supersededBy, hold.superseded_by]
        : [text.held.closedTitle(hold.count), text.held.dismissed, undefined];
  return (
    <Notice title={title}>
      <p>
        <Rich text={outcome} parts={{ run: by === undefined ? null : <RunLink id={by} /> }} />
      </p>
    </Notice>
  );
}

function Decision({ run, hold }: { run: number; hold: Hold }) {
  const confirming = useAsyncAction();
  const dismissing = useAsyncAction();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const confirm = async () => {
    const body = { run, plan_hash: hold.plan_hash, count: hold.count };
    const started = await answer(client.POST('/api/v1/runs/confirm', { body }));
    await cache.invalidateQueries({ queryKey: keys.runs });
    await navigate({ to: '/runs/$runId', params: { runId: String(started.id) } });
  };
  const dismiss = async () => {
    await answer(client.POST('/api/v1/runs/{run_id}/cancel', { params: { path: { run_id: run } } }));
    await cache.invalidateQueries({ queryKey: keys.runs });
  };
  return (
    <>
      <ConfirmCount
        number={hold.count}
        what={text.held.what}
        label={text.held.confirm}
        action={confirming}
        confirm={confirm}
      />
      <p className="row">
        <button type="button" className="secondary" disabled={dismissing.busy} onClick={() => dismissing.run(dismiss)}>
          {dismissing.busy ? texts.working : text.held.dismiss}
        </button>
        <span className="quiet">{text.held.dismissNote}</span>
      </p>
      <ErrorText text={dismissing.error} />
      <details>
        <summary className="quiet">{text.held.asCommand}</summary>
        <Copyable text={hold.confirm ?? ''} />
      </details>
    </>
  );
}

function Folders({ byPrefix }: { byPrefix: Hold['by_prefix'] }) {
  const folders = Object.entries(byPrefix).sort((left, right) => right[1] - left[1]);
  const rest = folders.length - FOLDERS_SHOWN;
  return (
    <table className="plain">
      <tbody>
        {folders.slice(0, FOLDERS_SHOWN).map(([prefix, number]) => (
          <tr key={prefix}>
            <td className="number">{count(number)}</td>
            <th scope="row" className="mono wrap">
              {prefix || text.held.outsideFolders}
            </th>
          </tr>
        ))}
        {rest > 0 ? (
          <tr>
            <td />
            <th scope="row">{text.held.moreFolders(rest)}</th>
          </tr>
        ) : null}
      </tbody>
    </table>
  );
}
