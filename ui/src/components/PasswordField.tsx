// A field for a secret, with its label.
import { useId } from 'react';

interface Props {
  label: string;
  autoComplete: 'current-password' | 'new-password';
  value: string;
  change: (value: string) => void;
}

export function PasswordField({ label, autoComplete, value, change }: Props) {
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="password"
        autoComplete={autoComplete}
        value={value}
        onChange={(event) => change(event.target.value)}
      />
    </>
  );
}
