// What an export could not include: how many, and the first of them with their reasons.
export function NotExported({ summary, names }: { summary: string; names: string[] }) {
  return (
    <details open>
      <summary>{summary}</summary>
      <ul>
        {names.map((one) => (
          <li key={one} className="wrap">
            {one}
          </li>
        ))}
      </ul>
    </details>
  );
}
