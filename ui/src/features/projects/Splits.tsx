// The splits of a project as a bar with counts, and the form that divides it.
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { answer, client, type Job, type ProjectDetail, type SplitCounts } from '../../api/client';
import { keys } from '../../api/queries';
import { isActive } from '../../api/vocabulary';
import { ErrorText } from '../../components/ErrorText';
import { SelectField, TextField } from '../../components/Field';
import { count } from '../../components/format';
import { JobStatus, useJob } from '../../components/JobStatus';
import { Sentences } from '../../components/Rich';
import { useAsyncAction } from '../../components/useAsyncAction';
import { type Grouping, PARTS, percentSum, type SplitForm, splitForm, splitSettings } from './splits';
import { text } from './text';

const SHOWN = [...PARTS, 'none'] as const;
const WIDTH = 400;

/** The parts of a project in proportion. */
export function SplitBar({ counts }: { counts: SplitCounts }) {
  const total = SHOWN.reduce((sum, part) => sum + counts[part], 0);
  if (total === 0) return null;
  const parts = SHOWN.filter((part) => counts[part] > 0);
  let left = 0;
  return (
    <div className="split-bar">
      <svg
        viewBox={`0 0 ${WIDTH} 10`}
        preserveAspectRatio="none"
        role="img"
        aria-label={text.splits.bar(
          parts.map((part) => text.splits.part(text.splits.names[part], counts[part])).join(', '),
        )}
      >
        {parts.map((part, place) => {
          const width = (WIDTH * counts[part]) / total;
          const gap = place < parts.length - 1 ? 1.5 : 0;
          const x = left;
          left += width;
          return <rect key={part} className={`split-${part}`} x={x} width={Math.max(1, width - gap)} height="10" />;
        })}
      </svg>
      <ul className="split-legend">
        {parts.map((part) => (
          <li key={part}>
            <span className={`split-dot split-${part}`} aria-hidden="true" /> {text.splits.names[part]}{' '}
            <span className="number">{count(counts[part])}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface Divided {
  moved: number;
  dry_run: boolean;
  counts: SplitCounts;
  notes: string[];
}

function Fields({ form, set }: { form: SplitForm; set: (form: SplitForm) => void }) {
  const groupings = [
    ...Object.entries(text.splits.groups).map(([value, label]) => ({ value, label })),
    { value: 'metadata', label: text.splits.byKey },
  ];
  const sum = percentSum(form);
  return (
    <>
      <div className="split-fields">
        {PARTS.map((part) => (
          <TextField
            key={part}
            label={text.splits.percent(text.splits.names[part])}
            value={form.percents[part]}
            change={(value) => set({ ...form, percents: { ...form.percents, [part]: value } })}
          />
        ))}
      </div>
      {sum === 100 || Number.isNaN(sum) ? null : <p className="error-text">{text.splits.sum(sum)}</p>}
      <div className="form-grid">
        <SelectField
          label={text.splits.by}
          value={form.grouping}
          change={(grouping) => set({ ...form, grouping: grouping as Grouping })}
          options={groupings}
        />
        {form.grouping === 'metadata' ? (
          <TextField label={text.splits.key} mono value={form.key} change={(key) => set({ ...form, key })} />
        ) : null}
        <TextField
          label={text.splits.seed}
          hint={text.splits.seedHint}
          value={form.seed}
          change={(seed) => set({ ...form, seed })}
        />
      </div>
    </>
  );
}

function Divide({ project }: { project: ProjectDetail }) {
  const [form, setForm] = useState(() => splitForm(project.split));
  const [job, setJob] = useState<number>();
  const [result, setResult] = useState<Divided>();
  const action = useAsyncAction();
  const cache = useQueryClient();
  const ended = useCallback(
    (done: Job) => {
      if (done.result !== null) setResult(done.result as unknown as Divided);
      void cache.invalidateQueries({ queryKey: keys.projects });
    },
    [cache],
  );
  const running = useJob(job, ended);
  const settings = splitSettings(form);
  const start = (dry_run: boolean) =>
    action.run(async () => {
      setResult(undefined);
      const params = { path: { name: project.name } };
      const body = { settings: settings ?? null, dry_run };
      setJob((await answer(client.POST('/api/v1/projects/{name}/split', { params, body }))).id);
    });
  const busy = action.busy || (running !== undefined && isActive(running.state));
  const blocked = settings === undefined || busy || project.assets === 0;
  return (
    <>
      <Fields form={form} set={setForm} />
      <div className="row">
        <button type="button" className="secondary" disabled={blocked} onClick={() => start(true)}>
          {text.splits.preview}
        </button>
        <button type="button" className="primary" disabled={blocked} onClick={() => start(false)}>
          {text.splits.divide}
        </button>
      </div>
      {result === undefined ? null : (
        <div role="status">
          <p>{result.dry_run ? text.splits.would(result.moved) : text.splits.did(result.moved)}</p>
          {result.dry_run ? <SplitBar counts={result.counts} /> : null}
          <Sentences texts={result.notes} />
        </div>
      )}
      {busy ? <JobStatus job={running} /> : <ErrorText text={action.error ?? running?.error ?? undefined} />}
    </>
  );
}

export function Splits({ project, edit }: { project: ProjectDetail; edit: boolean }) {
  return (
    <section className="panel">
      <h2>{text.splits.title}</h2>
      <SplitBar counts={project.splits} />
      {project.splits.assigned > 0 ? <p className="quiet">{text.splits.chosen(project.splits.assigned)}</p> : null}
      {edit ? <Divide project={project} /> : null}
    </section>
  );
}
