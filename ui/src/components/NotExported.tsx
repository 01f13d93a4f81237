// What an export could not include: how many, and the first of them with their reasons.
const OPEN_AT_MOST = 5; // a longer list starts closed

interface Props {
  summary: string;
  total: number;
  names: string[];
}

export function NotExported({ summary, total, names }: Props) {
  return (
    <details open={names.length <= OPEN_AT_MOST}>
      <summary>{summary}</summary>
      <ul className="not-exported">
        {names.map((one) => (
          <li key={one} className="wrap">
            {one}
          </li>
        ))}
        {total > names.length ? <li>…</li> : null}
      </ul>
    </details>
  );
}
