import { declareProject, prepareTraffic } from './prepare-year.ts';
import { replayYear } from './replay-year.ts';
import { shipModel } from './ship.ts';
import { showAncestry } from './show-ancestry.ts';
import { startDemo } from './start.ts';
import { tellStory } from './story.ts';
import { tellYear } from './tell-year.ts';
import { trainModel } from './train-model.ts';

// The whole loop on a year of real flights, with three crashes on the way: `npm run demo [-- --exit]`.
const exitAfter = process.argv.includes('--exit');
const colour = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
const story = tellStory((text) => process.stdout.write(text), colour);

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`\nThe demo stopped: ${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
// What is left are sockets kept alive; nobody waits for them.
process.exit();

async function main(): Promise<number> {
  await using demo = await startDemo(story);
  const dataset = await declareProject(story, demo);
  const job = await trainModel(story, demo, dataset);
  const urls = await shipModel(story, demo, job);
  story.step('Replay the year: traffic with its own time, labels a week later, and two crashes');
  const weeks = await prepareTraffic(story, demo);
  const replay = await replayYear(story, demo, { weeks, urls });
  await tellYear(story, demo, replay);
  await showAncestry(story, demo, replay.replayed);
  const kept = story.end();
  if (!exitAfter) await keepServing(demo);
  return kept ? 0 : 1;
}

async function keepServing(demo: { readonly serverUrl: string; readonly gatewayUrl: string }): Promise<void> {
  process.stdout.write(`
   It keeps serving. Try, in another terminal:
     export BUCLE_URL=${demo.serverUrl}
     npm run -s bucle -- policies explain flights
     npm run -s bucle -- decisions ls
     npm run -s bucle -- windows ls flights
     curl ${demo.gatewayUrl}/v2/models/flights
     MLFLOW_TRACKING_URI=${demo.serverUrl} .setup/python/bin/python examples/flights/train.py
   Ctrl-C stops it.
`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
