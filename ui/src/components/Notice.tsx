// Stands where there is nothing to show: why, and what to do.
import type { ReactNode } from 'react';
import { isSignedOut, Problem } from '../api/problem';
import { Copyable } from './CopyButton';
import { Prose } from './Rich';
import { SignIn } from './SignIn';
import { text } from './text';

export function Notice({ title, children, alarm }: { title: string; children?: ReactNode; alarm?: boolean }) {
  return (
    <section className={alarm ? 'notice alarm' : 'notice'} role={alarm ? 'alert' : undefined}>
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
  const { title, detail, fix } = error.document;
  return (
    <Notice title={title} alarm>
      <p>
        <Prose text={detail} />
      </p>
      {fix ? (
        <p className="fix">
          <Prose text={fix} />
        </p>
      ) : null}
      {isSignedOut(error) ? <SignIn /> : null}
    </Notice>
  );
}

export function FirstBucket() {
  const { title, explanation, commands, afterwards } = text.firstBucket;
  return (
    <Notice title={title}>
      <p>{explanation}</p>
      {commands.map((command) => (
        <Copyable key={command} text={command} />
      ))}
      <p className="quiet">{afterwards}</p>
    </Notice>
  );
}
