// Whether pictures are compared by what they show, with which model, and how far that is.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answer, client, type Likeness } from '../../api/client';
import { keys, queries } from '../../api/queries';
import { settingsQueries } from '../../api/settingsQueries';
import { ErrorText } from '../../components/ErrorText';
import { RadioCards } from '../../components/Field';
import { JobStatus } from '../../components/JobStatus';
import { Pending } from '../../components/Notice';
import { Prose } from '../../components/Rich';
import { useAsyncAction } from '../../components/useAsyncAction';
import { usePermission } from '../../components/usePermission';
import { text } from './text';

const OFF = '';
const DEFAULT_POOL = 'default';
const { likeness } = text;

function Facts({ found }: { found: Likeness }) {
  return (
    <dl className="described">
      <div>
        <dt>{likeness.model}</dt>
        <dd>{found.model ?? likeness.off.label}</dd>
      </div>
      <div>
        <dt>{likeness.answering}</dt>
        <dd>{found.answering === null ? likeness.nothingYet : likeness.answered(found.answering, found.vectors)}</dd>
      </div>
      {found.pool === DEFAULT_POOL ? null : (
        <div>
          <dt>{likeness.pool}</dt>
          <dd>{found.pool}</dd>
        </div>
      )}
    </dl>
  );
}

function Change({ found, changed }: { found: Likeness; changed: () => Promise<void> }) {
  const [chosen, setChosen] = useState(found.model ?? OFF);
  const action = useAsyncAction();
  const save = (event: FormEvent) => {
    event.preventDefault();
    action.run(async () => {
      await answer(client.PUT('/api/v1/likeness', { body: { model: chosen === OFF ? null : chosen } }));
      await changed();
    });
  };
  const update = async () => {
    await answer(client.POST('/api/v1/likeness/update'));
    await changed();
  };
  const models = [...new Set([...found.models, ...(found.model ? [found.model] : [])])];
  return (
    <form className="form" onSubmit={save}>
      <RadioCards
        legend={likeness.legend}
        name="likeness"
        value={chosen}
        change={setChosen}
        options={[
          { value: OFF, ...likeness.off },
          ...models.map((value) => ({ value, label: value, note: likeness.notes[value] })),
        ]}
      />
      {models.length === 0 ? (
        <p className="quiet">
          <Prose text={likeness.noModels} />
        </p>
      ) : null}
      <div className="row">
        <button type="submit" className="secondary" disabled={action.busy || chosen === (found.model ?? OFF)}>
          {likeness.save}
        </button>
        {found.model === null ? null : (
          <button type="button" className="secondary" disabled={action.busy} onClick={() => action.run(update)}>
            {likeness.update}
          </button>
        )}
      </div>
      <ErrorText text={action.error} />
    </form>
  );
}

export function LikenessPart() {
  const { data, error } = useQuery(settingsQueries.likeness());
  const jobs = useQuery(queries.jobs()).data;
  const cache = useQueryClient();
  const may = usePermission();
  const changed = async () => {
    await Promise.all([keys.likeness, keys.jobs].map((queryKey) => cache.invalidateQueries({ queryKey })));
  };
  const job = jobs?.find(({ kind }) => kind === 'likeness'); // the newest, which may have failed
  if (data === undefined) return <Pending data={data} error={error} />;
  return (
    <section className="panel">
      <h2>{likeness.title}</h2>
      <p>
        <Prose text={likeness.explanation} />
      </p>
      <Facts found={data} />
      <JobStatus job={job} />
      {may('library:maintain') ? <Change key={data.model} found={data} changed={changed} /> : null}
    </section>
  );
}
