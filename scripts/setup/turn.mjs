import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tell } from './step.mjs';

/**
 * Waits until no other process sets this checkout up, and answers how to let the next one in. Each holder owns a
 * file of its own number, made only once the holder before has finished or died: two can't follow the same one.
 */
export async function takeTurn(root) {
  const folder = join(root, '.setup', 'turns');
  mkdirSync(folder, { recursive: true });
  for (let waited = false; ; waited = true) {
    const last = lastNumber(folder);
    const own = last + 1;
    if (isFree(join(folder, String(last)), last) && create(folder, own)) {
      // Unless somebody was in, out and cleared away between the look and the creation.
      if (lastNumber(folder) === own) {
        rmSync(join(folder, String(last)), { force: true });
        return () => writeFileSync(join(folder, String(own)), 'finished');
      }
      rmSync(join(folder, String(own)), { force: true });
    }
    if (!waited) tell('set-up: another process is at it; waiting for it …');
    await sleep(200);
  }
}

function lastNumber(folder) {
  return Math.max(0, ...readdirSync(folder).map(Number).filter(Number.isInteger));
}

function create(folder, number) {
  const draft = join(folder, `draft-${process.pid}`);
  writeFileSync(draft, identity(process.pid));
  try {
    linkSync(draft, join(folder, String(number)));
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function isFree(file, number) {
  if (number === 0) return true;
  let holder;
  try {
    holder = readFileSync(file, 'utf8');
  } catch {
    return false; // The next holder has just cleared it: look again.
  }
  return holder === 'finished' || holder === '' || identity(Number(holder.split(' ')[0])) !== holder;
}

/** Process id and start time: an id alone may belong to a stranger by now. */
function identity(pid) {
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    });
    return `${pid} ${started.trim()}`;
  } catch {
    return `${pid} ${isRunning(pid) ? 'running' : 'gone'}`;
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
