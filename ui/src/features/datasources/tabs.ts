// The parts of the page of a datasource, which its address names. Pure, and small: the routes know it too.
export const DATASOURCE_TABS = ['overview', 'settings', 'runs', 'health', 'events', 'activity'] as const;
export type DatasourceTab = (typeof DATASOURCE_TABS)[number];

export function datasourceSearch({ tab }: Record<string, unknown>): { tab?: DatasourceTab } {
  const known = DATASOURCE_TABS.find((one) => one === tab);
  return known === undefined || known === 'overview' ? {} : { tab: known };
}
