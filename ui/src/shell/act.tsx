// What a button does on the server: once at a time, and what went wrong is said beside it.
import { useState } from 'react';
import { Problem } from '../api/client';
import { Prose } from './Notice';

/** What an error says to a person, in a sentence or two. */
export function inWords(error: unknown): string {
  if (error instanceof Problem) return [error.document.detail, error.document.fix].filter(Boolean).join(' ');
  return error instanceof Error ? error.message : String(error);
}

export interface Act {
  busy: boolean;
  trouble: string | undefined;
  run: (work: () => Promise<void>) => void;
}

export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string>();
  const run = (work: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    setTrouble(undefined);
    work()
      .catch((error: unknown) => setTrouble(inWords(error)))
      .finally(() => setBusy(false));
  };
  return { busy, trouble, run };
}

export function Trouble({ text }: { text: string | undefined }) {
  return text === undefined ? null : (
    <p className="trouble" role="alert">
      <Prose text={text} />
    </p>
  );
}
