// Where the focus goes when a dialog opens and when it closes.

const FIELD = ':is(input:not([type="radio"]), input[type="radio"]:checked, select, textarea):not(:disabled, [hidden])';
const CONTROL = ':is(a[href], button, input, select, textarea, summary):not(:disabled, [tabindex="-1"])';

/** Into the first field of a dialog or form that has just opened; without a field on the button that leaves it and does nothing. */
export function focusFirst(opened: HTMLElement): void {
  if (opened.querySelector('[autofocus]') !== null) return; // the browser has given the focus to that one
  (opened.querySelector<HTMLElement>(FIELD) ?? opened.querySelector<HTMLElement>('[data-way-out]'))?.focus();
}

/** Into the page that is shown, without a control of it: from there, the Tab key goes to its first one. */
export function focusPage(): void {
  const page = document.querySelector<HTMLElement>('main');
  if (page === null) return;
  page.tabIndex = -1;
  page.focus({ preventScroll: true });
}

/**
 * The way back to what has the focus now. If that is gone by then, such as the row of something that was deleted, the
 * focus goes to the first control of the nearest part of the page that is left: the next row, or the form above it.
 */
export function focusBack(): () => void {
  const before = document.activeElement;
  const around: Element[] = [];
  for (let one = before?.parentElement; one != null && one !== document.body; one = one.parentElement) around.push(one);
  if (before === document.body) around.length = 0; // nothing had it
  return () => {
    if (before instanceof HTMLElement && before.isConnected && before !== document.body) {
      before.focus({ preventScroll: true });
      return;
    }
    for (const part of around) {
      if (!part.isConnected) continue;
      const control = [...part.querySelectorAll<HTMLElement>(CONTROL)].find((one) => one.checkVisibility());
      control?.focus({ preventScroll: true });
      if (control !== undefined) return;
    }
    focusPage();
  };
}
