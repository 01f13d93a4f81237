// A table in a box that scrolls sideways where the page is too narrow for it.
import type { ReactNode } from 'react';

interface Props {
  name: string; // the class that has its widths
  label: string;
  columns: readonly string[];
  numbers?: readonly string[]; // columns of figures
  unseen?: string | undefined; // a column whose heading is only read aloud, such as that of buttons
  children: ReactNode; // rows
}

export function TableBox({ name, label, columns, numbers = [], unseen, children }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={`table-box ${name}`} aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col" className={numbers.includes(column) ? 'number' : undefined}>
                {column === unseen ? <span className="hidden">{column}</span> : column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}
