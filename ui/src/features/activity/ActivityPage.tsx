// Who changed what in the workspace, with filters by who, what and when, which the address names.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import { type Activity, answer, client, PAGE_SIZE } from '../../api/client';
import { nextCursor } from '../../api/libraryQueries';
import { queries } from '../../api/queries';
import { CheckField, SelectField, TextField } from '../../components/Field';
import { ago, when } from '../../components/format';
import { AssetLink, ConnectionLink, DatasourceLink } from '../../components/links';
import { Pending } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { Permitted } from '../../components/Permitted';
import { TableBox } from '../../components/TableBox';
import { usePermission } from '../../components/usePermission';
import { queryOf } from './request';
import type { ActivitySearch } from './search';
import { text } from './text';
import './activity.css';

const route = getRouteApi('/activity');
const choices = (any: string, labels: Record<string, string>) => [
  { value: '', label: any },
  ...Object.entries(labels).map(([value, label]) => ({ value, label })),
];

interface FilterProps {
  search: ActivitySearch;
  choose: (name: keyof ActivitySearch, value: string) => void;
}

/** What is typed is asked on Enter, or when the field is left. */
function TypedFilter({ name, search, choose }: FilterProps & { name: 'actor' | 'subject' }) {
  const stored = search[name] ?? '';
  const [typed, setTyped] = useState(stored);
  useEffect(() => setTyped(stored), [stored]); // the way back, or cleared
  const ask = () => {
    if (typed.trim() !== stored) choose(name, typed.trim());
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    ask();
  };
  return (
    <form onSubmit={submit} onBlur={ask}>
      <TextField {...text[name]} value={typed} change={setTyped} />
    </form>
  );
}

function Filters({ search }: { search: ActivitySearch }) {
  const navigate = useNavigate();
  const may = usePermission();
  const show = (next: ActivitySearch) => navigate({ to: '/activity', search: next });
  const choose = (name: keyof ActivitySearch, value: string) => {
    const { [name]: _, ...rest } = search;
    return show(value === '' ? rest : { ...rest, [name]: value });
  };
  const chosen = (name: keyof ActivitySearch) => ({
    value: search[name] ?? '',
    change: (value: string) => choose(name, value),
  });
  return (
    <section className="form activity-filters" aria-label={text.filters}>
      <div className="form-grid">
        <TypedFilter name="actor" search={search} choose={choose} />
        <SelectField label={text.action} {...chosen('action')} options={choices(text.anyAction, text.actions)} />
        <SelectField label={text.kind} {...chosen('kind')} options={choices(text.anyKind, text.kinds)} />
        {search.kind === undefined ? null : <TypedFilter name="subject" search={search} choose={choose} />}
        <TextField {...text.since} type="date" {...chosen('since')} />
        <TextField {...text.until} type="date" {...chosen('until')} />
      </div>
      <div className="row">
        {may('audit:read') ? (
          <CheckField
            {...text.refused}
            checked={search.refused !== undefined}
            change={(on) => choose('refused', on ? 'true' : '')}
          />
        ) : null}
        {Object.keys(search).length === 0 ? null : (
          <button type="button" className="secondary" onClick={() => show({})}>
            {text.clear}
          </button>
        )}
      </div>
    </section>
  );
}

function SubjectName({ entry: { subject, subject_kind: kind } }: { entry: Activity }) {
  if (kind === 'asset') return <AssetLink id={subject}>{subject}</AssetLink>;
  if (kind === 'datasource') return <DatasourceLink name={subject} />;
  if (kind === 'connection') return <ConnectionLink name={subject} />;
  if (kind === 'project')
    return (
      <Link to="/projects/$name" params={{ name: subject }}>
        {subject}
      </Link>
    );
  return subject;
}

function Details({ details }: { details: Activity['details'] }) {
  const entries = Object.entries(details);
  if (entries.length === 0) return null;
  return (
    <details>
      <summary>{text.details(entries.length)}</summary>
      <dl className="described">
        {entries.map(([name, value]) => (
          <div key={name}>
            <dt className="mono">{name}</dt>
            <dd className="mono wrap">{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function Row({ entry }: { entry: Activity }) {
  return (
    <tr>
      <td title={when(entry.at)}>{ago(entry.at)}</td>
      <td className="wrap">
        {entry.actor}
        <span className="quiet">
          {entry.address === null ? null : ` ${text.from(entry.address)}`}
          {entry.credential === null ? null : ` ${text.with(entry.credential)}`}
        </span>
      </td>
      <td>
        {text.special[`${entry.subject_kind} ${entry.action}`] ?? text.actions[entry.action] ?? entry.action}{' '}
        {entry.refused ? <span className="badge tone-bad">{text.refusedBadge}</span> : null}
      </td>
      <td className="wrap">
        <span className="quiet">{text.kinds[entry.subject_kind as keyof typeof text.kinds] ?? entry.subject_kind}</span>{' '}
        <SubjectName entry={entry} />
      </td>
      <td>
        <Details details={entry.details} />
      </td>
    </tr>
  );
}

function List({ search }: { search: ActivitySearch }) {
  const asked = queryOf(search);
  const found = useInfiniteQuery({
    queryKey: ['activity', asked],
    queryFn: async ({ pageParam, signal }) => {
      const query = { ...asked, limit: PAGE_SIZE, ...(pageParam === '' ? {} : { cursor: pageParam }) };
      const request = client.GET('/api/v1/activity', { params: { query }, signal });
      const [entries, { response }] = await Promise.all([answer(request), request]);
      return { entries, next: nextCursor(response.headers.get('link')) };
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.next,
  });
  const entries = found.data?.pages.flatMap((page) => page.entries);
  return (
    <div className="stack">
      <Pending data={entries} error={found.error} />
      {entries?.length === 0 ? <p className="quiet">{text.none}</p> : null}
      {entries === undefined || entries.length === 0 ? null : (
        <TableBox name="activity-table" label={text.title} columns={Object.values(text.columns)}>
          {entries.map((entry) => (
            <Row key={entry.id} entry={entry} />
          ))}
        </TableBox>
      )}
      {found.hasNextPage ? (
        <p>
          <button type="button" className="secondary" disabled={found.isFetching} onClick={() => found.fetchNextPage()}>
            {text.more}
          </button>
        </p>
      ) : null}
    </div>
  );
}

export function ActivityPage() {
  const search = route.useSearch();
  const { data, error } = useQuery(queries.identity());
  return (
    <main className="page">
      <Pending page data={data} error={error} />
      {data === undefined ? null : (
        <>
          <PageHead
            title={text.title}
            lead={text.lead(data.workspace)}
            above={<Link to="/settings">{text.back}</Link>}
          />
          <Permitted permission="activity:read" refusal={text.noPermission}>
            <div className="stack">
              <Filters search={search} />
              <List search={search} />
            </div>
          </Permitted>
        </>
      )}
    </main>
  );
}
