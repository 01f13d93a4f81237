// The name of a browser and its system, as far as its User-Agent says them. Pure.

// In this order: each browser also names those that it is compatible with.
const BROWSERS: [RegExp, string][] = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Version\/.* Safari\//, 'Safari'],
];
const SYSTEMS: [RegExp, string][] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
];

/** Undefined: nothing is known. What is not recognised is shown as it is, cut short. */
export function browserName(agent: string | null): string | undefined {
  if (agent === null || agent === '') return undefined;
  const found = [BROWSERS, SYSTEMS].map((rows) => rows.find(([pattern]) => pattern.test(agent))?.[1]);
  const names = found.filter((name) => name !== undefined);
  return names.length > 0 ? names.join(', ') : agent.slice(0, 80);
}
