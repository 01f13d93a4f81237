// The parts of the settings, which the address names. Small: the routes know them too.
export const PARTS = [
  'workspace',
  'members',
  'keys',
  'webhooks',
  'functions',
  'likeness',
  'indexes',
  'upkeep',
  'secrets',
  'sessions',
  'about',
] as const;
export type Part = (typeof PARTS)[number];

export function settingsSearch({ part }: Record<string, unknown>): { part?: Part } {
  const known = PARTS.find((one) => one === part);
  return known === undefined || known === 'workspace' ? {} : { part: known };
}
