// What went wrong, beside the control that it concerns. Scrolls itself into view: a panel may be longer than the window.
import { useEffect, useRef } from 'react';
import { Prose } from './Rich';

export function ErrorText({ text }: { text: string | undefined }) {
  const element = useRef<HTMLParagraphElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another text is another error to be seen
  useEffect(() => {
    element.current?.scrollIntoView({ block: 'nearest' });
  }, [text]);
  return text === undefined ? null : (
    <p className="error-text" role="alert" ref={element}>
      <Prose text={text} />
    </p>
  );
}
