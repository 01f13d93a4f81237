// Choose when a datasource is mirrored by itself; the next times show what the choice means.
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useDeferredValue, useState } from 'react';
import { api, type Datasource } from '../api/client';
import { ago, zoned } from '../format';
import { inWords as errorInWords, Trouble, useAct } from '../shell/act';
import { Dialog } from '../shell/Dialog';
import { type Form, formOf, type Said, saidBy } from './schedule';

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const ZONES = Intl.supportedValuesOf('timeZone');

interface ChoiceProps {
  form: Form;
  kind: Form['kind'];
  set: (form: Form) => void;
  label: string;
  children?: ReactNode;
}

function Choice({ form, kind, set, label, children }: ChoiceProps) {
  return (
    <div className="choice">
      <label>
        <input type="radio" name="kind" checked={form.kind === kind} onChange={() => set({ ...form, kind })} />
        {label}
      </label>
      {children}
    </div>
  );
}

function Zone({ form, set }: { form: Form; set: (form: Form) => void }) {
  return (
    <>
      <input
        aria-label="Time zone"
        className="zone"
        list="zones"
        value={form.zone}
        onChange={(event) => set({ ...form, zone: event.target.value })}
      />
      <datalist id="zones">
        {ZONES.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}

function Next({ said }: { said: Said | undefined }) {
  const asked = useDeferredValue(said);
  const { data, error } = useQuery({
    queryKey: ['schedule', asked?.schedule, asked?.timezone],
    queryFn: ({ signal }) => api.nextTimes(asked as Said, signal),
    enabled: asked !== undefined && asked.schedule !== 'off',
    placeholderData: keepPreviousData,
    retry: false,
  });
  if (said === undefined) return <p className="quiet">Fill in the field.</p>;
  if (said.schedule === 'off') return <p className="quiet">Passes run only when somebody asks for one.</p>;
  if (error !== null) return <Trouble text={errorInWords(error)} />;
  return (
    <div className="next">
      <h3>The next passes</h3>
      <ol>
        {(data?.next ?? []).map((time) => (
          <li key={time}>
            {zoned(time, said.timezone ?? HERE)} <span className="quiet">{ago(time)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

export function ScheduleDialog({ source, close }: { source: Datasource; close: () => void }) {
  const [form, set] = useState(() => formOf(source, HERE));
  const act = useAct();
  const cache = useQueryClient();
  const said = saidBy(form);
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (said === undefined) return;
    act.run(async () => {
      await api.change(source.name, { schedule: said.schedule, timezone: said.timezone });
      await cache.invalidateQueries({ queryKey: ['datasources'] });
      close();
    });
  };
  return (
    <Dialog title={`When to mirror ${source.name}`} close={close}>
      <form className="field stack" onSubmit={save}>
        <fieldset>
          <legend className="hidden">Schedule</legend>
          <Choice form={form} kind="off" set={set} label="Only when asked" />
          <Choice form={form} kind="hours" set={set} label="Every so many hours">
            {form.kind === 'hours' ? (
              <input
                aria-label="Hours"
                type="number"
                min={1}
                max={8760}
                value={form.hours}
                onChange={(event) => set({ ...form, hours: event.target.value })}
              />
            ) : null}
          </Choice>
          <Choice form={form} kind="daily" set={set} label="Daily">
            {form.kind === 'daily' ? (
              <>
                <input
                  aria-label="Time of day"
                  type="time"
                  value={form.time}
                  onChange={(event) => set({ ...form, time: event.target.value })}
                />
                <Zone form={form} set={set} />
              </>
            ) : null}
          </Choice>
          <Choice form={form} kind="cron" set={set} label="By a cron expression">
            {form.kind === 'cron' ? (
              <>
                <input
                  aria-label="Cron expression"
                  className="mono"
                  value={form.cron}
                  onChange={(event) => set({ ...form, cron: event.target.value })}
                />
                <Zone form={form} set={set} />
              </>
            ) : null}
          </Choice>
        </fieldset>
        <Next said={said} />
        <div className="row end">
          <button type="button" className="more" onClick={close}>
            Cancel
          </button>
          <button type="submit" className="main" disabled={said === undefined || act.busy}>
            {act.busy ? 'Saving…' : 'Save'}
          </button>
        </div>
        <Trouble text={act.trouble} />
      </form>
    </Dialog>
  );
}
