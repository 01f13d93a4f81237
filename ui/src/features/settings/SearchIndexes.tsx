// The indexes that mirrorlake made because of searches: of what, how large, and whether they are used.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, client, type SearchIndex } from '../../api/client';
import { keys, queries } from '../../api/queries';
import { settingsQueries } from '../../api/settingsQueries';
import { ErrorText } from '../../components/ErrorText';
import { ago, bytes, count, when } from '../../components/format';
import { JobStatus } from '../../components/JobStatus';
import { Pending } from '../../components/Notice';
import { Prose } from '../../components/Rich';
import { TableBox } from '../../components/TableBox';
import { useAsyncAction } from '../../components/useAsyncAction';
import { usePermission } from '../../components/usePermission';
import { newestOf } from './maintenance';
import { text as texts } from './text';

const text = texts.indexes;

function Row({ index }: { index: SearchIndex }) {
  const { label, tone } = text.states[index.state];
  return (
    <tr>
      <td className="wrap">
        <span className="mono">{index.key}</span> <span className="quiet">{text.sources[index.source]}</span>
      </td>
      <td>
        <span className={`badge tone-${tone}`}>{label}</span>
        <ErrorText text={index.error ?? undefined} />
      </td>
      <td className="number">{bytes(index.bytes)}</td>
      <td className="number">{count(index.uses)}</td>
      <td title={index.last_used === null ? undefined : when(index.last_used)}>
        {index.last_used === null ? texts.never : ago(index.last_used)}
      </td>
      <td className="wrap">
        <Prose text={index.why} />
      </td>
    </tr>
  );
}

function Maintain() {
  const { data: jobs } = useQuery(queries.jobs());
  const action = useAsyncAction();
  const cache = useQueryClient();
  const maintain = async () => {
    await answer(client.POST('/api/v1/search-indexes/maintenance'));
    await cache.invalidateQueries({ queryKey: keys.jobs });
  };
  return (
    <>
      <p className="row">
        <button type="button" className="secondary" disabled={action.busy} onClick={() => action.run(maintain)}>
          {text.maintain}
        </button>
        <span className="quiet">{text.maintainNote}</span>
      </p>
      <JobStatus job={newestOf(jobs, ['search_indexes'])} />
      <ErrorText text={action.error} />
    </>
  );
}

export function SearchIndexes() {
  const { data, error } = useQuery(settingsQueries.searchIndexes());
  const may = usePermission();
  if (data === undefined) return <Pending data={data} error={error} />;
  const size = data.reduce((sum, index) => sum + index.bytes, 0);
  return (
    <div className="stack">
      <section className="panel">
        <h2>{text.title}</h2>
        <p>{text.explanation}</p>
        {data.length === 0 ? <p className="quiet">{text.none}</p> : <p>{text.total(data.length, bytes(size))}</p>}
        {may('library:maintain') ? <Maintain /> : null}
      </section>
      {data.length === 0 ? null : (
        <TableBox
          name="settings-table"
          label={text.title}
          columns={Object.values(text.columns)}
          numbers={[text.columns.size, text.columns.uses]}
          named={[text.columns.used]}
        >
          {data.map((index) => (
            <Row key={index.id} index={index} />
          ))}
        </TableBox>
      )}
    </div>
  );
}
