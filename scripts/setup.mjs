// `npm run demo`, `npm test` and the other scripts start here: makes sure that this checkout has its npm packages
// and its Python environment, both from lock files. Plain JavaScript without packages, for any Node.js ≥ 20.
import { fileURLToPath } from 'node:url';
import { installPackages, packagesAreCurrent } from './setup/npm.mjs';
import { buildEnvironment, environmentIsCurrent } from './setup/python.mjs';
import { SetupError, tell } from './setup/step.mjs';
import { takeTurn } from './setup/turn.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));

async function setup() {
  requireNode();
  if (packagesAreCurrent(root) && environmentIsCurrent(root)) return;
  const giveUp = await takeTurn(root);
  try {
    // Looked at again: whoever had the turn before may have done it all.
    if (!packagesAreCurrent(root)) await installPackages(root);
    if (!environmentIsCurrent(root)) await buildEnvironment(root);
  } finally {
    giveUp();
  }
}

function requireNode() {
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major >= 20) return;
  throw new SetupError(`Node.js ${process.versions.node} is too old.`, 'Install Node.js 20 or newer, with npm.');
}

await setup().catch((error) => {
  if (!(error instanceof SetupError)) throw error;
  tell(`error: ${error.message}`);
  tell(`  next: ${error.next}`);
  process.exit(1);
});
