// The head of a page: its title, one line about it, and its actions at the right.
import type { ReactNode } from 'react';

interface Props {
  title: ReactNode;
  lead?: ReactNode;
  above?: ReactNode; // the way back to the list
  children?: ReactNode; // actions
}

export function PageHead({ title, lead, above, children }: Props) {
  return (
    <header className="page-head">
      <div>
        {above === undefined ? null : <p className="above">{above}</p>}
        <h1 className="wrap">{title}</h1>
        {lead === undefined ? null : <p className="quiet wrap">{lead}</p>}
      </div>
      {children === undefined ? null : <div className="row">{children}</div>}
    </header>
  );
}
