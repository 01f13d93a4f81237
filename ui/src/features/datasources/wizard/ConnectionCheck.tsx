// The check of the chosen connection, and what mends it without leaving the wizard: the documents that grant access,
// and the form of the connection. Without it, a wrong policy would show only in the preview.
import { useEffect, useRef, useState } from 'react';
import type { Connection } from '../../../api/client';
import { ConnectionForm } from '../../../components/connections/ConnectionForm';
import { Documents } from '../../../components/connections/Documents';
import { draftOf } from '../../../components/connections/form';
import { LastCheck, useCheck } from '../../../components/connections/LastCheck';
import { text as shared } from '../../../components/connections/text';
import { focusFirst } from '../../../components/focus';
import { ConnectionLink } from '../../../components/links';
import { text } from './text';

/** Whether somebody has to grant something: a check failed, or the role is to be created with the documents. */
function isUngranted({ kind, settings, health }: Connection): boolean {
  if (kind === 'aws-role' && settings.role_arn === null) return true;
  return health?.checks.some(({ ok }) => ok === false) ?? false;
}

function Grants({ connection, first }: { connection: Connection; first: boolean }) {
  const [open, setOpen] = useState(first);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{shared.documents.title}</summary>
      {open ? (
        <div className="stack">
          <Documents connection={connection} />
        </div>
      ) : null}
    </details>
  );
}

interface EditorProps {
  connection: Connection;
  saved: () => void;
  cancel: () => void;
}

function Editor({ connection, saved, cancel }: EditorProps) {
  const form = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (form.current !== null) focusFirst(form.current);
  }, []);
  return (
    <div ref={form}>
      <ConnectionForm service={draftOf(connection).service} connection={connection} done={saved} cancel={cancel} />
    </div>
  );
}

export function ConnectionCheck({ connection, edit }: { connection: Connection; edit: boolean }) {
  const [editing, setEditing] = useState(false);
  const panel = useRef<HTMLElement>(null);
  const { check, busy, error } = useCheck(connection.name);
  const { health } = connection;
  const close = () => {
    setEditing(false);
    panel.current?.focus(); // from there, the Tab key goes to what is below the rows
  };
  const saved = () => {
    close();
    check();
  };
  const ungranted = isUngranted(connection);
  return (
    <section ref={panel} className="panel" aria-label={shared.health.title} tabIndex={-1}>
      <LastCheck health={health} busy={busy} error={error} />
      {editing ? (
        <Editor connection={connection} saved={saved} cancel={close} />
      ) : (
        <p className="row">
          {edit ? (
            <>
              <button type="button" className="secondary" disabled={busy} onClick={check}>
                {health === null ? text.connection.check : text.connection.again}
              </button>
              <button type="button" className="secondary" disabled={busy} onClick={() => setEditing(true)}>
                {text.connection.edit}
              </button>
            </>
          ) : null}
          <ConnectionLink name={connection.name}>{text.connection.open}</ConnectionLink>
        </p>
      )}
      <Grants key={String(ungranted)} connection={connection} first={ungranted} />
    </section>
  );
}
