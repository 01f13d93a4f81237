// What is typed in the last step, kept by the tab of the browser: a reload or a new sign-in loses nothing.
import { useEffect, useState } from 'react';
import { newSettings, type SettingsForm } from '../settingsForm';

const KEY = 'mirrorlake.new-datasource';

export interface Draft {
  name: string;
  form: SettingsForm;
}

function stored(zone: string): Draft {
  const empty: Draft = { name: '', form: newSettings(zone) };
  try {
    const found = JSON.parse(window.sessionStorage.getItem(KEY) ?? 'null') as Partial<Draft> | null;
    if (found === null || typeof found.name !== 'string') return empty;
    return { name: found.name, form: { ...empty.form, ...found.form } };
  } catch {
    return empty; // of another version, or not ours
  }
}

/** The draft, and how to forget it once the datasource exists. */
export function useDraft(zone: string): [Draft, (draft: Draft) => void, () => void] {
  const [draft, setDraft] = useState(() => stored(zone));
  const [kept, setKept] = useState(true);
  useEffect(() => {
    if (kept) window.sessionStorage.setItem(KEY, JSON.stringify(draft));
    else window.sessionStorage.removeItem(KEY);
  }, [draft, kept]);
  return [draft, setDraft, () => setKept(false)];
}
