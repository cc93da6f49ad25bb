import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, run, SetupError, step } from './step.mjs';

/** Whether node_modules holds what package-lock.json says. */
export function packagesAreCurrent(root) {
  // npm writes its own list last, so that there is none after an installation that was interrupted.
  const present = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (present === null || !existsSync(join(root, 'node_modules', '.bin', 'node'))) return false;
  const wanted = readPackages(join(root, 'package-lock.json')) ?? {};
  return Object.entries(wanted).every(([path, { version, integrity, link, optional }]) => {
    if (!path.includes('node_modules/') || link === true) return true;
    const found = present[path];
    // Optional packages are those of other platforms.
    return found === undefined ? optional === true : found.version === version && found.integrity === integrity;
  });
}

export async function installPackages(root) {
  const npm = await run('npm', ['--version']);
  if (npm.code !== 0)
    throw new SetupError(
      'npm does not run.',
      'Install npm: it comes with Node.js (on Debian it is a package of its own).',
    );
  await step('npm packages, from package-lock.json', () =>
    must('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'], {
      cwd: root,
      // The script of onnxruntime-node would download libraries for GPUs.
      env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
      next: 'Check the network and the registry that npm is set to (`npm ping`), then try again.',
    }),
  );
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return null;
  }
}
