import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, it } from 'vitest';
import { askAgain } from './askAgain';

/** A watched query whose answers come when they are given. */
function watched(queryKey: string[]) {
  const cache = new QueryClient();
  const answers: ((value: string) => void)[] = [];
  const queryFn = () => new Promise<string>((resolve) => answers.push(resolve));
  const end = new QueryObserver(cache, { queryKey, queryFn }).subscribe(() => undefined);
  return { cache, answers, end, shown: () => cache.getQueryData(queryKey) };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

it('asks again after a first answer that a change overtook', async () => {
  const { cache, answers, end, shown } = watched(['asset', '7']);
  await settled();
  askAgain(cache, [['asset']]);
  answers[0]?.('before the change');
  await settled();
  expect(answers).toHaveLength(2);
  answers[1]?.('after the change');
  await settled();
  expect(shown()).toBe('after the change');
  end();
});

it('asks once more, however many changes overtook the first answer', async () => {
  const { cache, answers, end, shown } = watched(['asset', '7']);
  await settled();
  for (let change = 0; change < 5; change += 1) askAgain(cache, [['asset']]);
  answers[0]?.('before the changes');
  await settled();
  expect(answers).toHaveLength(2);
  answers[1]?.('after the changes');
  await settled();
  expect(shown()).toBe('after the changes');
  end();
});

it('asks once more for what has an answer, and not for other things', async () => {
  const { cache, answers, end } = watched(['asset', '7']);
  await settled();
  answers[0]?.('first');
  await settled();
  askAgain(cache, [['projects']]);
  await settled();
  expect(answers).toHaveLength(1);
  askAgain(cache, [['asset']]);
  await settled();
  expect(answers).toHaveLength(2);
  end();
});
