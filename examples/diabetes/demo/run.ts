import { startFresh } from '../../../scripts/fresh-bucle.ts';
import { tellStory } from '../../flights/demo/story.ts';
import { declareProject, pushPatients, shipFirst } from './first-model.ts';
import { replayPatients } from './replay.ts';
import { tellEnd } from './tell.ts';

// The loop on another kind of problem: a regression, declared by the same kind of file, with no change in Bucle. It ends
// with code 0 if every promise was kept.
const colour = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
const story = tellStory((text) => process.stdout.write(text), colour);

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`\nThe example stopped: ${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
// What is left are sockets kept alive; nobody waits for them.
process.exit();

async function main(): Promise<number> {
  story.step('Start Bucle');
  await using place = await startFresh('diabetes');
  story.fact(`$ bucle up   (server ${place.serverUrl}, gateway ${place.gatewayUrl}, data in ${place.data})`);
  await declareProject(story, place);
  const patients = await pushPatients(story, place);
  const url = await shipFirst(story, place);
  const replay = await replayPatients(story, place, { url, patients });
  await tellEnd(story, place, replay);
  return story.end() ? 0 : 1;
}
