// The outcomes of a run in one line: `12 new  3 changed  1 failed`.
import type { RunCounts } from '../api/client';
import { OUTCOME_KINDS, occurred } from '../api/vocabulary';
import { count, plural } from './format';

export function OutcomeCounts({ counts }: { counts: RunCounts }) {
  return (
    <>
      {occurred(counts).map((row) => (
        <span key={row.kind} className={`delta tone-${OUTCOME_KINDS[row.kind].tone}`}>
          {count(row.count)} {row.label}
        </span>
      ))}
      {counts.label_problems > 0 ? (
        <span className="delta tone-warn">
          {plural(counts.label_problems, { one: '# label problem', other: '# label problems' })}
        </span>
      ) : null}
    </>
  );
}
