// The fields of a schedule, and the next times that it means.
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useDeferredValue } from 'react';
import { describeError } from '../../api/problem';
import { queries } from '../../api/queries';
import { ErrorText } from '../../components/ErrorText';
import { ago, zoned } from '../../components/format';
import type { Form, Schedule } from './schedule';
import { text } from './text';

export const LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const ZONES = Intl.supportedValuesOf('timeZone');

interface FieldProps {
  form: Form;
  set: (form: Form) => void;
}

function Choice({ form, set, kind, children }: FieldProps & { kind: Form['kind']; children?: ReactNode }) {
  const chosen = form.kind === kind;
  return (
    <div className="choice">
      <label>
        <input type="radio" name="kind" checked={chosen} onChange={() => set({ ...form, kind })} />
        {text.schedule.choices[kind]}
      </label>
      {chosen ? children : null}
    </div>
  );
}

function ZoneField({ form, set }: FieldProps) {
  return (
    <>
      <input
        aria-label={text.schedule.timeZone}
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

export function Choices({ form, set }: FieldProps) {
  return (
    <fieldset>
      <legend className="hidden">{text.schedule.legend}</legend>
      <Choice form={form} kind="off" set={set} />
      <Choice form={form} kind="hours" set={set}>
        <input
          aria-label={text.schedule.hours}
          type="number"
          min={1}
          max={8760}
          value={form.hours}
          onChange={(event) => set({ ...form, hours: event.target.value })}
        />
      </Choice>
      <Choice form={form} kind="daily" set={set}>
        <input
          aria-label={text.schedule.timeOfDay}
          type="time"
          value={form.time}
          onChange={(event) => set({ ...form, time: event.target.value })}
        />
        <ZoneField form={form} set={set} />
      </Choice>
      <Choice form={form} kind="cron" set={set}>
        <input
          aria-label={text.schedule.cron}
          className="mono"
          value={form.cron}
          onChange={(event) => set({ ...form, cron: event.target.value })}
        />
        <ZoneField form={form} set={set} />
      </Choice>
    </fieldset>
  );
}

export function NextRuns({ schedule }: { schedule: Schedule | undefined }) {
  const asked = useDeferredValue(schedule);
  const scheduled = asked?.schedule === 'off' ? undefined : asked?.schedule;
  const { data, error } = useQuery(queries.schedule(scheduled, asked?.timezone ?? null));
  if (schedule === undefined) return <p className="quiet">{text.schedule.incomplete}</p>;
  if (schedule.schedule === 'off') return <p className="quiet">{text.schedule.offNote}</p>;
  if (error !== null) return <ErrorText text={describeError(error)} />;
  return (
    <div className="next">
      <h3>{text.schedule.next}</h3>
      <ol>
        {(data?.next ?? []).map((time) => (
          <li key={time}>
            {zoned(time, schedule.timezone ?? LOCAL_ZONE)} <span className="quiet">{ago(time)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
