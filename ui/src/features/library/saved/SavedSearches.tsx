// The saved searches of the workspace: open, rename and delete them, and save the present query under a name.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { answer, client, type SavedSearch } from '../../../api/client';
import { libraryKeys, libraryQueries } from '../../../api/libraryQueries';
import { ErrorText } from '../../../components/ErrorText';
import { ago } from '../../../components/format';
import { IconButton } from '../../../components/Icon';
import { Pending } from '../../../components/Notice';
import { text as texts } from '../../../components/text';
import { useAsyncAction } from '../../../components/useAsyncAction';
import { usePermission } from '../../../components/usePermission';
import { text } from './text';
import './saved.css';

interface Props {
  query: string | undefined; // that could be saved
  close: () => void;
}

/** Changes the list on the server, and shows it as it is then. */
function useChange() {
  const cache = useQueryClient();
  const action = useAsyncAction();
  const change = (work: () => Promise<unknown>, then?: () => void) =>
    action.run(async () => {
      await work();
      await cache.invalidateQueries({ queryKey: libraryKeys.saved });
      then?.();
    });
  return { ...action, change };
}

export function SavedSearches({ query, close }: Props) {
  const { data, error } = useQuery(libraryQueries.saved());
  const may = usePermission()('assets:edit');
  if (data === undefined) return <Pending data={data} error={error} />;
  return (
    <div className="saved">
      {data.length === 0 ? <p className="quiet">{text.none}</p> : null}
      <ul>
        {data.map((one) => (
          <Row key={one.id} search={one} shown={one.query === query} may={may} close={close} />
        ))}
      </ul>
      {may ? <Save query={query} saved={data} /> : null}
    </div>
  );
}

interface RowProps {
  search: SavedSearch;
  shown: boolean; // it is what the library shows now
  may: boolean;
  close: () => void;
}

function Row({ search, shown, may, close }: RowProps) {
  const [doing, setDoing] = useState<'rename' | 'delete'>();
  const { busy, error, change } = useChange();
  const params = { path: { search_id: search.id } };
  const end = () => setDoing(undefined);
  if (doing === 'rename') {
    const rename = (name: string) =>
      change(() => answer(client.PATCH('/api/v1/saved-searches/{search_id}', { params, body: { name } })), end);
    return (
      <li>
        <NameForm label={text.newName} action={text.rename} name={search.name} busy={busy} save={rename} cancel={end} />
        <ErrorText text={error} />
      </li>
    );
  }
  return (
    <li>
      <div className="saved-row">
        <Link
          to="/"
          search={search.query === '' ? {} : { query: search.query }}
          aria-current={shown ? 'page' : undefined}
          onClick={close}
        >
          {search.name}
        </Link>
        {may && doing === undefined ? (
          <>
            <IconButton icon="edit" label={text.renameOf(search.name)} onClick={() => setDoing('rename')} small />
            <IconButton icon="remove" label={text.deleteOf(search.name)} onClick={() => setDoing('delete')} small />
          </>
        ) : null}
      </div>
      <code className="saved-query">{search.query === '' ? text.everything : search.query}</code>
      <p className="quiet">{text.by(search.created_by, ago(search.updated))}</p>
      {doing === 'delete' ? (
        <div className="row" role="alert">
          <span className="saved-sure">{text.sure}</span>
          {/* biome-ignore lint/a11y/noAutofocus: the button that asked is gone, and Enter alone does no harm here */}
          <button type="button" className="secondary" autoFocus onClick={end}>
            {texts.cancel}
          </button>
          <button
            type="button"
            className="danger"
            disabled={busy}
            onClick={() => change(() => answer(client.DELETE('/api/v1/saved-searches/{search_id}', { params })))}
          >
            {text.delete}
          </button>
        </div>
      ) : null}
      <ErrorText text={error} />
    </li>
  );
}

/** Saves the present query; under a name that exists, it replaces the query there. */
function Save({ query, saved }: { query: string | undefined; saved: SavedSearch[] }) {
  const { busy, error, change } = useChange();
  const same = saved.find((one) => one.query === query);
  if (query === undefined || query === '') return <p className="quiet">{text.searchFirst}</p>;
  if (same !== undefined) return <p className="quiet">{text.isSaved(same.name)}</p>;
  const save = (name: string) => {
    const old = saved.find((one) => one.name === name.trim());
    const path = '/api/v1/saved-searches';
    change(() =>
      old === undefined
        ? answer(client.POST(path, { body: { name, query } }))
        : answer(client.PATCH(`${path}/{search_id}`, { params: { path: { search_id: old.id } }, body: { query } })),
    );
  };
  return (
    <div className="saved-new">
      <h3>{text.saveThis}</h3>
      <code className="saved-query">{query}</code>
      <NameForm label={text.name} action={text.save} busy={busy} save={save} taken={saved.map((one) => one.name)} />
      <ErrorText text={error} />
    </div>
  );
}

interface NameProps {
  label: string;
  action: string;
  name?: string;
  busy: boolean;
  save: (name: string) => void;
  cancel?: () => void;
  taken?: string[]; // names whose query would be replaced
}

function NameForm({ label, action, name = '', busy, save, cancel, taken = [] }: NameProps) {
  const [typed, setTyped] = useState(name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim() !== '') save(typed);
  };
  return (
    <form className="saved-form" onSubmit={submit}>
      <input
        aria-label={label}
        placeholder={label}
        maxLength={100}
        autoComplete="off"
        value={typed}
        // biome-ignore lint/a11y/noAutofocus: the field was asked for
        autoFocus
        onChange={(event) => setTyped(event.target.value)}
      />
      {cancel === undefined ? null : (
        <button type="button" className="secondary" onClick={cancel}>
          {texts.cancel}
        </button>
      )}
      <button type="submit" className="primary" disabled={busy || typed.trim() === ''}>
        {taken.includes(typed.trim()) ? text.replace : action}
      </button>
    </form>
  );
}
