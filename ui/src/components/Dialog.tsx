// A dialog above the page. Escape or its button closes it, and then the focus returns to where it was.
import { type ReactNode, useEffect, useRef } from 'react';
import { IconButton } from './Icon';
import { text } from './text';

interface Props {
  title: string;
  close: () => void;
  children: ReactNode;
}

export function Dialog({ title, close, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = element.current;
    const before = document.activeElement;
    shown?.showModal();
    return () => {
      shown?.close();
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={element}
      className="dialog"
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
    >
      <header>
        <h2>{title}</h2>
        <IconButton icon="close" label={text.close} onClick={close} />
      </header>
      {children}
    </dialog>
  );
}
