import { expect, test } from 'vitest';
import { correction } from './correction';

const key = (wrong: string, right: string) => `No asset has the metadata key \`${wrong}\`. Did you mean \`${right}\`?`;

test.each([
  ['metadata.scoer>0.5', key('scoer', 'metadata.score'), 'metadata.score>0.5'],
  [
    '(-metadata.scoer:1 OR has:metadata.scoer) sort:metadata.scoer',
    key('scoer', 'metadata.score'),
    '(-metadata.score:1 OR has:metadata.score) sort:metadata.score',
  ],
  [
    'metadata.scoers:1 metadata.scoer.x:2 metadata.scoer:3',
    key('scoer', 'metadata.score'),
    'metadata.scoers:1 metadata.scoer.x:2 metadata.score:3',
  ],
  ['tag:rype bad', 'No asset has the tag `rype`. Did you mean `tag:ripe`?', 'tag:ripe bad'],
  ['-tag:"so rype"', 'No asset has the tag `so rype`. Did you mean `tag:"so ripe"`?', '-tag:"so ripe"'],
  ['Project:$1', 'No project is named `$1`. Did you mean `project:$2`?', 'project:$2'],
  [
    'metdata.site:x y',
    '`metdata.site:x` was searched in names. To search metadata, write `metadata.site:x`.',
    'metadata.site:x y',
  ],
  [
    'metadata.site',
    '`metadata.site` was searched in names. To find assets that have this metadata key, write `has:metadata.site`.',
    'has:metadata.site',
  ],
  [
    'red truck tag:bad',
    '`red truck` was searched in names. To search by what pictures show, write `like:"red truck"`.',
    'like:"red truck" tag:bad',
  ],
  [
    'facts.iso:1',
    'No counted asset has the fact `iso`; 3 changed assets are not counted yet. Did you mean `facts.iso_speed`?',
    'facts.iso_speed:1',
  ],
])('the query %s is corrected as its note proposes', (query, note, corrected) => {
  const found = correction(query, note);
  expect(found?.query).toBe(corrected);
  expect(`${found?.before}\`${found?.proposed}\`${found?.after}`).toBe(note);
});

test.each([
  ['metadata.scoer>1', 'No asset has the metadata key `scoer`.'],
  ['something else', key('scoer', 'metadata.score')],
  ['"metadata.scoerx"', key('scoer', 'metadata.score')],
  ['path:a', 'In `path:a`, nothing matches.'],
])('nothing is proposed for %s', (query, note) => {
  expect(correction(query, note)).toBeUndefined();
});
