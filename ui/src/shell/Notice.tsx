// What stands where there is nothing to show: why, and what to do.
import type { ReactNode } from 'react';
import { Problem } from '../api/client';
import { CopyButton } from './CopyButton';

export function Notice({ title, children, alarm }: { title: string; children?: ReactNode; alarm?: boolean }) {
  return (
    <section className={alarm ? 'notice alarm' : 'notice'} role={alarm ? 'alert' : undefined}>
      <h1>{title}</h1>
      {children}
    </section>
  );
}

/** Text with its `commands` set apart. */
export function Prose({ text }: { text: string }) {
  const parts = text.split('`');
  // biome-ignore lint/suspicious/noArrayIndexKey: parts of one sentence never change places
  return <>{parts.map((part, place) => (place % 2 === 1 ? <code key={place}>{part}</code> : part))}</>;
}

export function ProblemNotice({ error }: { error: Error }) {
  if (!(error instanceof Problem)) {
    return (
      <Notice title="Something went wrong" alarm>
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
    </Notice>
  );
}

export function Command({ text }: { text: string }) {
  return (
    <div className="command">
      <code>{text}</code>
      <CopyButton text={text} what="the command" />
    </div>
  );
}

export function FirstBucket() {
  return (
    <Notice title="Mirror a first bucket">
      <p>The library is empty. Point mirrorlake at a bucket or a folder of images; the bucket is only ever read.</p>
      <Command text="mirrorlake mirror s3://your-bucket/photos/" />
      <Command text="mirrorlake mirror file:///path/to/photos" />
      <p className="quiet">The images appear here while the pass runs. Running it again handles only what changed.</p>
    </Notice>
  );
}
