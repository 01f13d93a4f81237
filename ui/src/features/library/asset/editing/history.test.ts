import { expect, it } from 'vitest';
import { type Moment, NO_STEPS, redone, undone, withStep } from './history';

const moment = (points: number): Moment => ({
  draft: { annotations: [], selected: undefined },
  outline: Array.from({ length: points }, () => ({ x: 0, y: 0 })),
});

it('each change is undone separately, and done again', () => {
  const [none, one, two] = [moment(0), moment(1), moment(2)];
  const steps = withStep(withStep(NO_STEPS, none), one);
  const back = undone(steps, two);
  expect(back?.moment).toBe(one);
  const further = undone(back?.steps ?? NO_STEPS, one);
  expect(further?.moment).toBe(none);
  expect(undone(further?.steps ?? NO_STEPS, none)).toBeUndefined();
  const again = redone(further?.steps ?? NO_STEPS, none);
  expect(again?.moment).toBe(one);
  expect(redone(again?.steps ?? NO_STEPS, one)?.moment).toBe(two);
});

it('a drag is one step, and a change after an undo takes away what could be done again', () => {
  const [before, between, after] = [moment(0), moment(1), moment(2)];
  const drag = {};
  const steps = withStep(withStep(NO_STEPS, before, drag), between, drag);
  const back = undone(steps, after);
  expect(back?.moment).toBe(before);
  const changed = withStep(back?.steps ?? NO_STEPS, before, {});
  expect(redone(changed, after)).toBeUndefined();
});
