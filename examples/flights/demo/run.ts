import { predictDay } from './predict-day.ts';
import { deployModel, registerModel } from './ship.ts';
import { showAncestry } from './show-ancestry.ts';
import { startDemo } from './start.ts';
import { tellStory } from './story.ts';
import { pushFlights, trainModel } from './train-model.ts';

// The main job on real data, with two crashes on the way: `npm run demo [-- --exit]`.
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
  const dataset = await pushFlights(story, demo);
  const job = await trainModel(story, demo, dataset);
  const version = await registerModel(story, demo, job);
  const endpoint = await deployModel(story, demo, version);
  const answers = await predictDay(story, demo, endpoint);
  await showAncestry(story, demo, answers, { job, version, dataset });
  const kept = story.end();
  if (!exitAfter) await keepServing(demo);
  return kept ? 0 : 1;
}

async function keepServing(demo: { readonly serverUrl: string; readonly gatewayUrl: string }): Promise<void> {
  process.stdout.write(`
   It keeps serving. Try, in another terminal:
     curl ${demo.gatewayUrl}/v2/models/flights
     BUCLE_URL=${demo.serverUrl} npm run -s bucle -- endpoints show flights
     MLFLOW_TRACKING_URI=${demo.serverUrl} .setup/python/bin/python examples/flights/train.py
   Ctrl-C stops it.
`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
