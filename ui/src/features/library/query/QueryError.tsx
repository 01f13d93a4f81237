// The parser's error, under the character that it concerns.
import type { Problem } from '../../../api/problem';
import { Prose } from '../../../components/Rich';
import { point } from './pointer';

export const ERROR_ID = 'query-error';

export function QueryError({ problem }: { problem: Problem }) {
  const { text, position, detail, fix } = problem.document;
  const { before, mark, after } = point(text ?? '', position ?? 0);
  return (
    <div className="query-error" id={ERROR_ID} role="status">
      <pre>
        {before}
        <mark>{mark === '' ? ' ' : mark}</mark>
        {after}
        {'\n'}
        <span aria-hidden="true">{' '.repeat(Array.from(before).length)}^</span>
      </pre>
      <p>
        <strong>
          <Prose text={detail} />
        </strong>{' '}
        {fix ? <Prose text={fix} /> : null}
      </p>
    </div>
  );
}
