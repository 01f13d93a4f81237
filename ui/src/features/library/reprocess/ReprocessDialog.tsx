// Run stages of processing again for a selection or one asset. Each is a job of the server, or several.
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type KeyboardEvent, useState } from 'react';
import { answer, client } from '../../../api/client';
import { settingsQueries } from '../../../api/settingsQueries';
import { Dialog } from '../../../components/Dialog';
import { DialogActions } from '../../../components/DialogActions';
import { CheckField } from '../../../components/Field';
import { addToast } from '../../../components/toasts';
import { useAsyncAction } from '../../../components/useAsyncAction';
import { usePermission } from '../../../components/usePermission';
import { asRequest, type Selection, sizeOf } from '../selection';
import { kindOf, stagesFor } from './stages';
import { text } from './text';
import '../bulk/bulk.css';

interface Props {
  selection: Selection;
  close: () => void;
  done: () => void; // jobs were started
}

/** Keys in the dialog are not those of the page below, such as the arrows of the viewer. */
const keep = (event: KeyboardEvent) => event.stopPropagation();

export function ReprocessDialog({ selection, close, done }: Props) {
  const may = usePermission();
  const functions = useQuery({ ...settingsQueries.functions(), enabled: may('functions:read') }).data ?? [];
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [failed, setFailed] = useState(false);
  const [nothing, setNothing] = useState(false);
  const work = useAsyncAction();
  const number = sizeOf(selection);
  const stages = stagesFor(may('runs:control'), functions);

  const choose = (stage: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(stage);
    else next.delete(stage);
    setNothing(false);
    setChosen(next);
  };
  const start = async () => {
    let jobs = 0;
    for (const { stage } of stages.filter((one) => chosen.has(one.stage))) {
      const kind = kindOf(stage);
      const body = { ...asRequest(selection), stage, failed: failed && kind === 'function' };
      const started = await answer(client.POST('/api/v1/reprocessings', { body }));
      setChosen((before) => new Set([...before].filter((one) => one !== stage))); // not twice after a later error
      for (const job of started) addToast({ job, doing: text.doing[kind](number), done: () => text.done[kind] });
      jobs += started.length;
    }
    if (jobs > 0) done();
    else setNothing(true);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    work.run(start);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only keeps keys in the dialog
    <div onKeyDown={keep}>
      <Dialog title={text.title(number)} close={close}>
        <form className="bulk" onSubmit={submit}>
          <p>{text.explanation}</p>
          {stages.map(({ stage, label, hint }) => (
            <CheckField
              key={stage}
              label={label}
              hint={hint}
              checked={chosen.has(stage)}
              change={(on) => choose(stage, on)}
            />
          ))}
          {[...chosen].some((stage) => kindOf(stage) === 'function') ? (
            <CheckField label={text.onlyFailed} checked={failed} change={setFailed} />
          ) : null}
          {nothing ? (
            <p className="quiet" role="status">
              {text.nothing}
            </p>
          ) : null}
          <DialogActions
            close={close}
            label={text.apply}
            blocked={chosen.size === 0}
            busy={work.busy}
            error={work.error}
          />
        </form>
      </Dialog>
    </div>
  );
}
