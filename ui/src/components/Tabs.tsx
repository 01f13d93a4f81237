// A row of choices of which one is pressed: filters of a list, or parts of a page.
import { count } from './format';

export interface TabChoice<Value extends string> {
  value: Value;
  label: string;
  count?: number | undefined;
}

interface Props<Value extends string> {
  label: string;
  value: Value | undefined;
  choices: readonly TabChoice<Value>[];
  choose: (value: Value) => void;
}

export function Tabs<Value extends string>({ label, value, choices, choose }: Props<Value>) {
  return (
    <fieldset className="choices">
      <legend className="hidden">{label}</legend>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          aria-pressed={choice.value === value}
          onClick={() => choose(choice.value)}
        >
          {choice.label}
          {choice.count === undefined ? null : <span className="quiet"> {count(choice.count)}</span>}
        </button>
      ))}
    </fieldset>
  );
}
