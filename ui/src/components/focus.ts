// Where the focus goes when a dialog opens and when it closes.

const FIELD = ':is(input:not([type="radio"]), input[type="radio"]:checked, select, textarea):not(:disabled, [hidden])';
const CONTROL = ':is(a[href], button, input, select, textarea, summary):not(:disabled, [tabindex="-1"])';

/** Into the first field of a dialog that has just opened. Without a field it stays on the button that closes it. */
export function focusFirst(dialog: HTMLDialogElement): void {
  if (dialog.querySelector('[autofocus]') !== null) return; // the browser has given the focus to that one
  dialog.querySelector<HTMLElement>(FIELD)?.focus();
}

/**
 * The way back to what has the focus now. If that is gone by then, such as the row of something that was deleted, the
 * focus goes to the first control of the nearest part of the page that is left: the next row, or the form above it.
 */
export function focusBack(): () => void {
  const before = document.activeElement;
  const around: Element[] = [];
  for (let one = before?.parentElement; one != null; one = one.parentElement) around.push(one);
  return () => {
    if (before?.isConnected === true) {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
      return;
    }
    for (const part of around) {
      if (!part.isConnected) continue;
      const control = [...part.querySelectorAll<HTMLElement>(CONTROL)].find((one) => one.checkVisibility());
      control?.focus({ preventScroll: true });
      if (control !== undefined) return;
    }
  };
}
