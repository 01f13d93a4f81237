// Fields of forms: a label, a hint, and the error that concerns the field, announced with it.
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { Prose } from './Rich';

interface Props {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
}

interface Described {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': boolean | undefined;
}

function Field({ label, hint, error, children }: Props & { children: (props: Described) => ReactNode }) {
  const id = useId();
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': error ? true : undefined })}
      {error ? (
        <p id={`${id}-error`} className="error-text" role="alert">
          <Prose text={error} />
        </p>
      ) : null}
      {hint ? (
        <p id={`${id}-hint`} className="hint">
          <Prose text={hint} />
        </p>
      ) : null}
    </div>
  );
}

interface TextProps extends Props {
  value: string;
  change: (value: string) => void;
  type?: 'text' | 'password' | 'number' | 'date' | 'url';
  placeholder?: string | undefined;
  mono?: boolean;
  focus?: boolean;
  list?: string;
}

/** The first field with an error takes the focus, so that nobody has to look for it. */
function useFocus<T extends HTMLElement>(wanted: boolean) {
  const element = useRef<T>(null);
  useEffect(() => {
    if (!wanted) return;
    element.current?.setAttribute('autofocus', ''); // a dialog that opens after this gives it the focus
    element.current?.focus();
  }, [wanted]);
  return element;
}

export function TextField({ value, change, type = 'text', placeholder, mono, focus, list, ...field }: TextProps) {
  const element = useFocus<HTMLInputElement>((focus ?? false) || field.error !== undefined);
  return (
    <Field {...field}>
      {(described) => (
        <input
          {...described}
          ref={element}
          type={type}
          className={mono ? 'mono' : undefined}
          autoComplete={type === 'password' ? 'new-password' : 'off'}
          autoCapitalize="none"
          spellCheck={false}
          placeholder={placeholder}
          list={list}
          value={value}
          onChange={(event) => change(event.target.value)}
        />
      )}
    </Field>
  );
}

export function AreaField({ value, change, placeholder, mono, rows = 3, ...field }: TextProps & { rows?: number }) {
  const element = useFocus<HTMLTextAreaElement>(field.error !== undefined);
  return (
    <Field {...field}>
      {(described) => (
        <textarea
          {...described}
          ref={element}
          className={mono ? 'mono' : undefined}
          rows={rows}
          spellCheck={false}
          placeholder={placeholder}
          value={value}
          onChange={(event) => change(event.target.value)}
        />
      )}
    </Field>
  );
}

export interface Option {
  value: string;
  label: string;
}

interface SelectProps extends Props {
  value: string;
  change: (value: string) => void;
  options: readonly Option[];
  focus?: boolean;
}

export function SelectField({ value, change, options, focus = false, ...field }: SelectProps) {
  const element = useFocus<HTMLSelectElement>(focus);
  return (
    <Field {...field}>
      {(described) => (
        <select {...described} ref={element} value={value} onChange={(event) => change(event.target.value)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface CheckProps {
  label: string;
  hint?: string | undefined;
  checked: boolean;
  change: (checked: boolean) => void;
}

export function CheckField({ label, hint, checked, change }: CheckProps) {
  const id = useId();
  return (
    <div className="check">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => change(event.target.checked)}
      />
      <label htmlFor={id}>{label}</label>
      {hint ? (
        <p id={`${id}-hint`} className="hint">
          <Prose text={hint} />
        </p>
      ) : null}
    </div>
  );
}

interface RadioProps {
  legend: string;
  name: string;
  value: string | undefined;
  change: (value: string) => void;
  options: readonly (Option & { note?: ReactNode })[];
}

/** One choice of a few, each a card with what it means. */
export function RadioCards({ legend, name, value, change, options }: RadioProps) {
  return (
    <fieldset className="radio-cards">
      <legend className="hidden">{legend}</legend>
      {options.map((option) => (
        <label key={option.value} className="radio-card">
          <input type="radio" name={name} checked={option.value === value} onChange={() => change(option.value)} />
          <span>
            <strong>{option.label}</strong>
            {option.note ? <span className="hint">{option.note}</span> : null}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
