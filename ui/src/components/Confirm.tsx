// A dialog that asks once more before something is taken away. It begins on Cancel, so that Enter alone does no harm.
import type { ReactNode } from 'react';
import { Dialog } from './Dialog';
import { DialogActions } from './DialogActions';
import { useAsyncAction } from './useAsyncAction';

interface Props {
  title: string;
  label: string; // a verb and what it takes away
  confirm: () => Promise<void>;
  close: () => void;
  danger?: boolean;
  children: ReactNode;
}

export function Confirm({ title, label, confirm, close, danger = true, children }: Props) {
  const { busy, error, run } = useAsyncAction();
  return (
    <Dialog title={title} close={close}>
      {children}
      <DialogActions close={close} label={label} act={() => run(confirm)} busy={busy} danger={danger} error={error} />
    </Dialog>
  );
}
