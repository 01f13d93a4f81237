// What an export could not include: how many, and the first of them with their reasons.
const OPEN_AT_MOST = 5; // a longer list starts closed

export function NotExported({ summary, names }: { summary: string; names: string[] }) {
  return (
    <details open={names.length <= OPEN_AT_MOST}>
      <summary>{summary}</summary>
      <ul className="not-exported">
        {names.map((one) => (
          <li key={one} className="wrap">
            {one}
          </li>
        ))}
      </ul>
    </details>
  );
}
