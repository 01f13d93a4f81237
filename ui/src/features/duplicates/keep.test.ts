import { expect, it } from 'vitest';
import type { AssetItem } from '../../api/client';
import { bestOf } from './keep';

const asset = (id: string, width: number | null, height: number | null, size: number) =>
  ({ id, width, height, size }) as AssetItem;

it('the picture with the most pixels is kept, then the one with the most bytes, then the oldest', () => {
  expect(bestOf([asset('1', 10, 10, 900), asset('2', 20, 10, 100)])).toBe('2');
  expect(bestOf([asset('1', 10, 10, 100), asset('2', 10, 10, 900)])).toBe('2');
  expect(bestOf([asset('1', 10, 10, 100), asset('2', 10, 10, 100)])).toBe('1');
  expect(bestOf([asset('1', null, null, 100), asset('2', 1, 1, 1)])).toBe('2');
  expect(bestOf([])).toBeUndefined();
});
