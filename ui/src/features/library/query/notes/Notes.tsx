// What the server noticed in a query, and the way to the query that it proposes.
import { Link } from '@tanstack/react-router';
import { Prose } from '../../../../components/Rich';
import { correction } from './correction';

function Note({ query, note }: { query: string; note: string }) {
  const found = correction(query, note);
  if (found === undefined) return <Prose text={note} />;
  return (
    <>
      <Prose text={found.before} />
      <Link to="/" search={{ query: found.query }} title={found.query}>
        <code>{found.proposed}</code>
      </Link>
      <Prose text={found.after} />
    </>
  );
}

/** Each note in a paragraph. */
export function Notes({ query, notes }: { query: string; notes: string[] }) {
  return notes.map((note) => (
    <p key={note}>
      <Note query={query} note={note} />
    </p>
  ));
}
