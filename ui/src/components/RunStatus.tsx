// How a run is doing: the badge of its state, those of its flags, and how far it is.
import type { Run } from '../api/client';
import { extentOf, RUN_FLAGS } from '../api/runProgress';
import { Badge, RunBadge } from './Badge';
import { text } from './runText';
import './runStatus.css';

export function RunStatus({ run }: { run: Run }) {
  return (
    <>
      <RunBadge state={run.state} />
      {run.flags.map((flag) => (
        <Badge key={flag} {...RUN_FLAGS[flag]} title={text.flags[flag]} />
      ))}
    </>
  );
}

/** A bar for a run at work, and its counts; without a known total the bar only moves. */
export function RunProgress({ run }: { run: Run }) {
  const extent = extentOf(run);
  if (extent === undefined) return null;
  return (
    <div className="run-progress">
      <progress
        aria-label={text.progress(run.id)}
        {...(extent.total === null ? {} : { value: extent.done, max: extent.total })}
      />
      <span className="quiet">{text.extent(extent)}</span>
    </div>
  );
}
