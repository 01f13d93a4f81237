// Add the assets of a query to a project: counted first, then added by a bulk edit, which can be undone.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useCallback, useState } from 'react';
import { answer, client } from '../../api/client';
import { describeError } from '../../api/problem';
import { keys, queries } from '../../api/queries';
import { isActive } from '../../api/vocabulary';
import { ErrorText } from '../../components/ErrorText';
import { TextField } from '../../components/Field';
import { JobStatus, useJob } from '../../components/JobStatus';
import { AssetsLink } from '../../components/links';
import { useAsyncAction } from '../../components/useAsyncAction';
import { text } from './text';

export function AddAssets({ project }: { project: string }) {
  const [query, setQuery] = useState('');
  const [counted, setCounted] = useState<string>();
  const [job, setJob] = useState<number>();
  const found = useQuery(queries.addition(project, counted));
  const action = useAsyncAction();
  const cache = useQueryClient();
  const ended = useCallback(() => {
    setCounted(undefined);
    void cache.invalidateQueries({ queryKey: keys.projects });
    void cache.invalidateQueries({ queryKey: keys.assets });
  }, [cache]);
  const running = useJob(job, ended);
  const busy = action.busy || (running !== undefined && isActive(running.state));
  const current = counted === query && !found.isPlaceholderData ? found.data : undefined;
  // Counting again, after a change elsewhere, takes no click away.
  const counting = counted === query && found.isFetching && current === undefined;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (current === undefined) {
      setJob(undefined);
      setCounted(query);
      return;
    }
    action.run(async () => {
      const started = await answer(client.POST('/api/v1/edits', { body: { query, add_projects: [project] } }));
      setJob(started.id);
    });
  };
  return (
    <section className="panel">
      <h2>{text.add.title}</h2>
      <form className="form" onSubmit={submit}>
        <TextField
          label={text.add.label}
          hint={text.add.hint}
          placeholder={text.add.placeholder}
          mono
          error={found.error !== null && counted === query ? describeError(found.error) : undefined}
          value={query}
          change={setQuery}
        />
        {current === undefined ? null : (
          <p role="status">
            {text.add.found(current.assets, current.changed)} <AssetsLink query={query}>{text.add.look}</AssetsLink>
          </p>
        )}
        <div className="row">
          <button
            type="submit"
            className={current === undefined ? 'secondary' : 'primary'}
            disabled={busy || counting || current?.changed === 0}
          >
            {current === undefined ? text.add.check : text.add.action(current.changed)}
          </button>
          {running?.state === 'succeeded' ? <span role="status">{text.add.done}</span> : null}
        </div>
        {busy ? <JobStatus job={running} /> : <ErrorText text={action.error ?? running?.error ?? undefined} />}
      </form>
    </section>
  );
}
