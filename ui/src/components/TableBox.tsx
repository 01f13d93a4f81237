// A table in a box that scrolls sideways where the page is too narrow for it. On a phone its rows are paragraphs.
import { type ReactNode, useLayoutEffect, useRef } from 'react';

interface Props {
  name: string; // the class that has its widths
  label: string;
  columns: readonly string[];
  numbers?: readonly string[]; // columns of figures
  named?: readonly string[]; // others whose values say nothing without their heading
  unseen?: string | undefined; // a column whose heading is only read aloud, such as that of buttons
  children: ReactNode; // rows
}

export function TableBox({ name, label, columns, numbers = [], named = [], unseen, children }: Props) {
  const body = useRef<HTMLTableSectionElement>(null);
  // A phone shows no headings, and a figure alone says nothing: its cell knows what it counts.
  useLayoutEffect(() => {
    for (const row of body.current?.rows ?? []) {
      for (const [place, cell] of [...row.cells].entries()) {
        const column = columns[place];
        if (column !== undefined && (numbers.includes(column) || named.includes(column))) cell.dataset.column = column;
      }
    }
  });
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
        <tbody ref={body}>{children}</tbody>
      </table>
    </section>
  );
}
