// A dialog above the page. Escape or its button closes it, and then the focus returns to where it was.
import { type ReactNode, useEffect, useRef } from 'react';
import { focusBack, focusFirst } from './focus';
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
    const back = focusBack();
    shown?.showModal();
    if (shown !== null) focusFirst(shown);
    return () => {
      shown?.close();
      back();
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
