// What happened to single objects in a run, filtered by kind.
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { Outcome, OutcomeKind, Run } from '../../api/client';
import { queries } from '../../api/queries';
import { filters } from '../../api/vocabulary';
import { OutcomeBadge } from '../../components/Badge';
import { count } from '../../components/format';
import { AssetLink } from '../../components/links';
import { MoreButton } from '../../components/MoreButton';
import { ErrorNotice } from '../../components/Notice';
import { Prose } from '../../components/Rich';
import { TableBox } from '../../components/TableBox';
import { text } from './text';

function Filter({ run, kind }: { run: Run; kind: OutcomeKind | undefined }) {
  const navigate = useNavigate();
  const choose = (next: OutcomeKind | undefined) =>
    navigate({
      to: '/runs/$runId',
      params: { runId: String(run.id) },
      search: next === undefined ? {} : { kind: next },
      replace: true,
    });
  const rows = filters(run.counts);
  if (rows.length === 0) return null;
  return (
    <fieldset className="choices">
      <legend className="hidden">{text.outcomes.filter}</legend>
      <button type="button" aria-pressed={kind === undefined} onClick={() => choose(undefined)}>
        {text.outcomes.all}
      </button>
      {rows.map((row) => (
        <button
          key={row.kind}
          type="button"
          aria-pressed={kind === row.kind}
          onClick={() => choose(kind === row.kind ? undefined : row.kind)}
        >
          {row.label} <span className="quiet">{count(row.count)}</span>
        </button>
      ))}
    </fieldset>
  );
}

function Row({ outcome }: { outcome: Outcome }) {
  return (
    <tr>
      <td>
        <OutcomeBadge kind={outcome.kind} />
      </td>
      <td className="mono wrap">
        {outcome.asset_id === null ? outcome.key : <AssetLink id={outcome.asset_id}>{outcome.key}</AssetLink>}
      </td>
      <td>
        {outcome.reason ? <Prose text={outcome.reason} /> : null}
        {outcome.stage ? (
          <span className="quiet"> ({text.outcomes.stages.get(outcome.stage) ?? outcome.stage})</span>
        ) : null}
      </td>
    </tr>
  );
}

export function Outcomes({ run, kind }: { run: Run; kind: OutcomeKind | undefined }) {
  const found = useInfiniteQuery(queries.outcomes(run, kind));
  const rows = found.data?.pages.flat() ?? [];
  return (
    <section className="outcomes" aria-label={text.outcomes.title}>
      <Filter run={run} kind={kind} />
      {found.error !== null ? <ErrorNotice error={found.error} /> : null}
      {found.isSuccess && rows.length === 0 && run.counts.unchanged > 0 ? (
        <p className="quiet">{text.outcomes.none}</p>
      ) : null}
      {rows.length > 0 ? (
        <TableBox name="outcomes-table" label={text.outcomes.region} columns={Object.values(text.outcomes.columns)}>
          {rows.map((outcome) => (
            <Row key={outcome.key} outcome={outcome} />
          ))}
        </TableBox>
      ) : null}
      <MoreButton list={found} />
    </section>
  );
}
