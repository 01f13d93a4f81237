import { describe, expect, it } from 'vitest';
import contract from '../../openapi.json';
import type { RunCounts } from './client';
import {
  ASSET_STATES,
  DATASOURCE_STATUSES,
  JOB_KINDS,
  LISTED_KINDS,
  OUTCOME_KINDS,
  occurred,
  previewGroups,
  RUN_STATES,
  TRIGGERS,
} from './vocabulary';

const schemas = contract.components.schemas as unknown as Record<string, { enum?: string[] }>;
const TABLES = {
  OutcomeKind: OUTCOME_KINDS,
  RunState: RUN_STATES,
  AssetState: ASSET_STATES,
  JobKind: JOB_KINDS,
  DatasourceStatus: DATASOURCE_STATUSES,
};

function counts(some: Partial<RunCounts>): RunCounts {
  const none = Object.fromEntries(Object.keys(contract.components.schemas.Counts.properties).map((name) => [name, 0]));
  return { ...(none as unknown as RunCounts), ...some };
}

describe('the tables have exactly the values of the contract', () => {
  it.each(Object.entries(TABLES))('%s', (name, table) => {
    expect(Object.keys(table).sort()).toEqual(schemas[name]?.enum?.toSorted());
  });

  it('Trigger, once the contract enumerates it', () => {
    const values = schemas.Trigger?.enum ?? schemas.RunTrigger?.enum;
    if (values !== undefined) expect(Object.keys(TRIGGERS).sort()).toEqual(values.toSorted());
  });

  it('every outcome kind is counted', () => {
    expect(Object.keys(contract.components.schemas.Counts.properties)).toEqual(
      expect.arrayContaining(Object.keys(OUTCOME_KINDS)),
    );
  });
});

it('only kinds that occurred are shown, in the order of the table', () => {
  const found = occurred(counts({ failed: 1, new: 2, unchanged: 9 }));
  expect(found.map((row) => row.kind)).toEqual(['new', 'failed']);
  expect(LISTED_KINDS).not.toContain('unchanged');
});

it('a preview shows everything that vanished as one group', () => {
  expect(previewGroups(counts({ missing: 1, removed: 2, skipped: 4 }))).toEqual([
    { group: 'orphaned', label: 'orphaned', count: 3 },
    { group: 'skipped', label: 'skipped', count: 4 },
  ]);
});
