// The end of a dialog: what went wrong, the way out, then the button whose verb says what it does. Always in this order.
import type { ReactNode } from 'react';
import { ErrorText } from './ErrorText';
import { text } from './text';

interface Props {
  close: () => void;
  label?: string | undefined; // of what the dialog does; without it there is nothing to do, or nothing left
  act?: () => void; // instead of submitting the form around it
  blocked?: boolean;
  running?: boolean; // a job is at work, which leaving does not stop
  busy?: boolean;
  danger?: boolean;
  error?: string | undefined;
  children?: ReactNode; // buttons that change nothing, such as a preview
}

export function DialogActions(props: Props) {
  const { close, label, act, blocked = false, running = false, busy = false, danger, error, children } = props;
  return (
    <div className="dialog-actions">
      <ErrorText text={error} />
      {children === undefined ? null : <div className="row before">{children}</div>}
      <button type="button" className="secondary" data-way-out onClick={close}>
        {label === undefined || running ? text.close : text.cancel}
      </button>
      {label === undefined ? null : (
        <button
          type={act === undefined ? 'submit' : 'button'}
          className={danger ? 'danger' : 'primary'}
          disabled={blocked || running || busy}
          onClick={act}
        >
          {busy ? text.working : label}
        </button>
      )}
    </div>
  );
}
