// A button that copies a text and confirms it.
import { useEffect, useState } from 'react';
import { text as texts } from './text';

export function CopyButton({ text, what }: { text: string; what: string }) {
  const [result, setResult] = useState('');
  useEffect(() => {
    if (result === '') return;
    const timer = setTimeout(() => setResult(''), 1600);
    return () => clearTimeout(timer);
  }, [result]);
  const copy = () => {
    // Browsers offer no clipboard to pages that came over plain http from another machine.
    if (navigator.clipboard === undefined) {
      setResult(texts.copy.manually);
      return;
    }
    navigator.clipboard.writeText(text).then(
      () => setResult(texts.copy.done),
      () => setResult(texts.copy.manually),
    );
  };
  return (
    <button type="button" className="copy" onClick={copy} aria-label={texts.copy.label(what)}>
      <span aria-live="polite">{result || texts.copy.action}</span>
    </button>
  );
}

/** A text to copy, such as a command. */
export function Copyable({ text, what = texts.theCommand }: { text: string; what?: string }) {
  return (
    <div className="command">
      <code>{text}</code>
      <CopyButton text={text} what={what} />
    </div>
  );
}
