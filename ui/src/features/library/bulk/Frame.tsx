// What the dialogs of the selection have in common: the title with the number of assets, the button, and the error.
import type { FormEvent, ReactNode } from 'react';
import { Dialog } from '../../../components/Dialog';
import { DialogActions } from '../../../components/DialogActions';
import { useAsyncAction } from '../../../components/useAsyncAction';
import { type Selection, sizeOf } from '../selection';
import { text } from './text';

export type BulkAction = keyof typeof text.actions;

export interface Props {
  action: BulkAction;
  selection: Selection;
  close: () => void;
  done: () => void; // a job was started
}

interface FrameProps extends Props {
  action: keyof typeof text.titles;
  children: ReactNode;
  label: string;
  blocked: boolean;
  start: () => Promise<void>;
}

export function Frame({ action, selection, close, done, children, label, blocked, start }: FrameProps) {
  const work = useAsyncAction();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (blocked) return;
    work.run(async () => {
      await start();
      done();
    });
  };
  return (
    <Dialog title={text.titles[action](sizeOf(selection))} close={close}>
      <form className="bulk" onSubmit={submit}>
        {children}
        <DialogActions close={close} label={label} blocked={blocked} busy={work.busy} error={work.error} />
      </form>
    </Dialog>
  );
}
