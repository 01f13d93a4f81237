// Stands where there is nothing to show: why, and what to do.
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { isNewVersion, isSignedOut, isTransient, Problem } from '../api/problem';
import { Copyable } from './CopyButton';
import { Prose } from './Rich';
import { SignIn } from './SignIn';
import { text } from './text';
import { usePermission } from './usePermission';
import { useSteadyError } from './useSteadyError';

interface NoticeProps {
  title: string;
  children?: ReactNode;
  alarm?: boolean;
  name?: string | undefined; // a class of its own
}

export function Notice({ title, children, alarm, name = '' }: NoticeProps) {
  return (
    <section className={`notice ${alarm ? 'alarm' : ''} ${name}`} role={alarm ? 'alert' : undefined}>
      <h1>{title}</h1>
      {children}
    </section>
  );
}

export function ErrorNotice({ error }: { error: Error }) {
  if (!(error instanceof Problem)) {
    return (
      <Notice title={text.unexpectedError} alarm>
        <p>{error.message}</p>
      </Notice>
    );
  }
  if (isSignedOut(error)) {
    return (
      <Notice title={text.signIn.title}>
        <SignIn />
        <p className="quiet">
          <Prose text={text.signIn.lead} />
        </p>
      </Notice>
    );
  }
  const { title, detail, fix } = error.document;
  return (
    <Notice title={title} alarm name={error.status === 0 ? 'no-answer' : undefined}>
      <p>
        <Prose text={detail} />
      </p>
      {fix ? (
        <p className="fix">
          <Prose text={fix} />
        </p>
      ) : null}
      {isNewVersion(error) || (error.status >= 500 && !isTransient(error)) ? (
        <button type="button" className="primary" onClick={() => window.location.reload()}>
          {text.reload}
        </button>
      ) : null}
    </Notice>
  );
}

interface PendingProps {
  data: unknown;
  error: Error | null;
  page?: boolean; // it stands for a whole page, which has no other heading yet
}

/** Stands for what is not here yet: the reason, or after a moment that it is on its way. */
export function Pending({ data, error, page = false }: PendingProps) {
  const failure = useSteadyError(error, data);
  if (data !== undefined) return null;
  if (failure !== null) return <ErrorNotice error={failure} />;
  return (
    <>
      {page ? <h1 className="hidden">{text.loading}</h1> : null}
      <p className="quiet pending" role="status">
        {text.loading}
      </p>
    </>
  );
}

export function FirstBucket() {
  const may = usePermission();
  const { title, explanation, commands, afterwards } = text.firstBucket;
  return (
    <Notice title={title}>
      <p>{explanation}</p>
      {may('datasources:edit') ? (
        <Link to="/new/datasource" className="primary">
          {text.firstBucket.action}
        </Link>
      ) : null}
      <p className="quiet">{text.firstBucket.orCommand}</p>
      {commands.map((command) => (
        <Copyable key={command} text={command} />
      ))}
      <p className="quiet">{afterwards}</p>
    </Notice>
  );
}
