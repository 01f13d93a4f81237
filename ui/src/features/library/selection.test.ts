import { describe, expect, it } from 'vitest';
import { asRequest, isEmpty, isSelected, NOTHING, type Selection, select, sizeOf } from './selection';

const everything: Selection = { kind: 'all', query: 'cat OR dog', total: 1_000_000, capped: false, except: new Set() };

describe('a selection', () => {
  it('of some is a list of ids', () => {
    const two = select(NOTHING, ['1', '2'], true);
    expect(sizeOf(two)).toBe(2);
    expect(isSelected(two, '2')).toBe(true);
    expect(asRequest(select(two, ['1'], false))).toEqual({ assets: ['2'] });
    expect(isEmpty(select(two, ['1', '2'], false))).toBe(true);
  });

  it('of everything is a query, never a list, however many it leaves out', () => {
    expect(asRequest(everything)).toEqual({ query: 'cat OR dog' });
    const less = select(everything, ['7', '9'], false);
    expect(sizeOf(less)).toBe(999_998);
    expect(isSelected(less, '7')).toBe(false);
    expect(asRequest(less)).toEqual({ query: '(cat OR dog) -id:7 -id:9' });
    expect(asRequest(select(less, ['7'], true))).toEqual({ query: '(cat OR dog) -id:9' });
  });
});
