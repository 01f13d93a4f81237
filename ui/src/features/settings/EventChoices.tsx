// The events for which something is called, each with a box to tick.
import type { ReactNode } from 'react';
import { CheckField } from '../../components/Field';

interface Props<Name extends string> {
  legend: string;
  names: Record<Name, string>;
  chosen: readonly Name[];
  choose: (chosen: Name[]) => void;
  children?: ReactNode;
}

export function EventChoices<Name extends string>({ legend, names, chosen, choose, children }: Props<Name>) {
  const all = Object.keys(names) as Name[];
  return (
    <fieldset>
      <legend className="legend">{legend}</legend>
      <div className="row events">
        {all.map((name) => (
          <CheckField
            key={name}
            label={names[name]}
            checked={chosen.includes(name)}
            change={(on) => choose(all.filter((one) => (one === name ? on : chosen.includes(one))))}
          />
        ))}
      </div>
      {children}
    </fieldset>
  );
}
