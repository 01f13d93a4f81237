// What differs between two snapshots: added, removed and changed assets, with what changed of each.
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { SnapshotChange, SnapshotComparison } from '../../api/client';
import { queries } from '../../api/queries';
import { AssetLink } from '../../components/links';
import { Pending } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { TableBox } from '../../components/TableBox';
import { Tabs } from '../../components/Tabs';
import { DIFFERENCES, type Difference } from './differences';
import { text } from './text';
import './projects.css';

const route = getRouteApi('/projects/$name/compare');
const ALL = 'all';
const TONES = { added: 'tone-good', removed: 'tone-warn', changed: 'tone-busy' } as const;

function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value !== null && typeof value === 'object' && 'before' in value && 'after' in value)
    return text.compare.step(shown(value.before ?? text.compare.nothing), shown(value.after ?? text.compare.nothing));
  return JSON.stringify(value);
}

function Details({ change }: { change: SnapshotChange }) {
  const details = Object.entries(change.details);
  if (details.length === 0) return <>{change.fields.join(', ')}</>;
  return details.map(([name, value]) => (
    <p key={name} className="wrap">
      {name} <span className="mono quiet">{shown(value)}</span>
    </p>
  ));
}

function Row({ change }: { change: SnapshotChange }) {
  return (
    <tr>
      <td>
        <span className={`badge ${TONES[change.difference]}`}>{text.compare.differences[change.difference]}</span>
      </td>
      <td className="mono wrap">
        {change.difference === 'removed' ? change.key : <AssetLink id={change.asset_id}>{change.key}</AssetLink>}
      </td>
      <td>
        <Details change={change} />
      </td>
    </tr>
  );
}

function Changes({ comparison, only }: { comparison: SnapshotComparison; only: Difference | undefined }) {
  const rows = comparison.changes.filter((change) => only === undefined || change.difference === only);
  const all = comparison.added + comparison.removed + comparison.changed;
  return (
    <>
      <TableBox name="compare-table" label={text.compare.title} columns={text.compare.columns}>
        {rows.map((change) => (
          <Row key={change.asset_id} change={change} />
        ))}
      </TableBox>
      {comparison.changes.length < all ? (
        <p className="quiet">{text.compare.first(comparison.changes.length)}</p>
      ) : null}
    </>
  );
}

function Shown({ comparison, only }: { comparison: SnapshotComparison; only: Difference | undefined }) {
  const navigate = route.useNavigate();
  if (comparison.equal) return <p>{text.compare.equal}</p>;
  const fields = Object.entries(comparison.fields);
  return (
    <>
      <Tabs
        label={text.compare.filter}
        value={only ?? ALL}
        choices={[
          { value: ALL, label: text.compare.all },
          ...DIFFERENCES.filter((one) => comparison[one] > 0).map((value) => ({
            value,
            label: text.compare.differences[value],
            count: comparison[value],
          })),
        ]}
        choose={(value) =>
          navigate({
            search: ({ difference: _, ...rest }) =>
              value === ALL ? rest : { ...rest, difference: value as Difference },
            replace: true,
          })
        }
      />
      {fields.length === 0 ? null : (
        <p className="quiet compare-fields">
          {text.compare.fields} {fields.map(([name, number]) => text.compare.field(name, number)).join(', ')}
        </p>
      )}
      <Changes comparison={comparison} only={only} />
    </>
  );
}

export function ComparePage() {
  const { name } = route.useParams();
  const { before, after, difference } = route.useSearch();
  const { data, error } = useQuery(queries.comparison(name, before, after));
  return (
    <main className="page wide">
      <PageHead
        title={text.compare.title}
        lead={text.compare.lead(before, after)}
        above={
          <Link to="/projects/$name" params={{ name }}>
            {name}
          </Link>
        }
      >
        <Link
          to="/projects/$name/compare"
          params={{ name }}
          search={{ before: after, after: before }}
          className="secondary"
        >
          {text.compare.swap}
        </Link>
      </PageHead>
      <Pending data={data} error={error} />
      {data === undefined ? null : <Shown comparison={data} only={difference} />}
    </main>
  );
}
