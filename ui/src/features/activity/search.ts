// What the page of the activity shows, as its address has it. Pure, and small: the routes know it too.
const NAMES = ['actor', 'kind', 'subject', 'action', 'since', 'until', 'refused'] as const;

/** Each filter as it is typed or chosen; a filter that is not there chooses nothing. */
export type ActivitySearch = Partial<Record<(typeof NAMES)[number], string>>;

export const activitySearch = (search: Record<string, unknown>): ActivitySearch =>
  Object.fromEntries(NAMES.flatMap((name) => (search[name] ? [[name, String(search[name])]] : [])));
