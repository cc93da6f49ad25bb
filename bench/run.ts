import { readdir } from 'node:fs/promises';

// `npm run bench [NAME…]`: every folder here that has a run.ts, or the ones that are named.
const folders = (await readdir(new URL('.', import.meta.url), { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !folders.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`There is no benchmark ${unknown}. There are: ${folders.join(', ')}\n`);
  process.exit(2);
}
for (const name of wanted.length === 0 ? folders : wanted) {
  process.stdout.write(`\n${name}\n`);
  await import(`./${name}/run.ts`);
}
