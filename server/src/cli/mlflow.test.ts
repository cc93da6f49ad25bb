import { expect, test } from 'vitest';
import { readPages } from './mlflow.ts';

const pagesOf = (total: number) => {
  const asked: [number, string | undefined][] = [];
  const read = async (size: number, token: string | undefined) => {
    asked.push([size, token]);
    const start = Number(token ?? 0);
    const end = Math.min(total, start + size);
    const items = Array.from({ length: end - start }, (_, i) => start + i);
    return { ...(items.length === 0 ? {} : { items }), ...(end < total ? { next_page_token: String(end) } : {}) };
  };
  return { asked, read };
};

test('pages are followed to the end, or until there are enough', async () => {
  const all = pagesOf(2_500);
  expect(await readPages(Number.POSITIVE_INFINITY, all.read)).toEqual({
    items: Array.from({ length: 2_500 }, (_, i) => i),
    more: false,
  });
  expect(all.asked).toEqual([
    [1_000, undefined],
    [1_000, '1000'],
    [1_000, '2000'],
  ]);
  const some = pagesOf(2_500);
  const { items, more } = await readPages(1_200, some.read);
  expect([items.length, items.at(-1), more]).toEqual([1_200, 1_199, true]);
  expect(some.asked.at(-1)).toEqual([200, '1000']);
  expect(await readPages(10, pagesOf(0).read)).toEqual({ items: [], more: false });
  expect((await readPages(10, pagesOf(10).read)).more).toBe(false);
});
