// A link of ours: follows inside the page, yet opens in a new tab like any other.
import type { MouseEvent, ReactNode } from 'react';
import { go } from '../router';

interface Props {
  to: string;
  children: ReactNode;
  className?: string;
  title?: string;
  current?: boolean;
}

export function Link({ to, children, current = false, ...rest }: Props) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to, { inside: true });
  };
  return (
    <a href={to} onClick={follow} aria-current={current ? 'page' : undefined} {...rest}>
      {children}
    </a>
  );
}
