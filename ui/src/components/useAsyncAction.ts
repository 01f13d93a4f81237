// An action of a button on the server: one at a time, with its error for the place beside the button.
import { useState } from 'react';
import { describeError } from '../api/problem';

export interface AsyncAction {
  busy: boolean;
  error: string | undefined;
  run: (work: () => Promise<void>) => void;
}

export function useAsyncAction(): AsyncAction {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const run = (work: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    work()
      .catch((failure: unknown) => setError(describeError(failure)))
      .finally(() => setBusy(false));
  };
  return { busy, error, run };
}
