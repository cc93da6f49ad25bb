import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';

// A process with a child in its group and one in a session of its own, all deaf to SIGTERM.
const [, , pidFile = '', deaf = ''] = process.argv;
const forever = ['-e', `${deaf === 'deaf' ? "process.on('SIGTERM', () => {});" : ''} setInterval(() => {}, 1000)`];
const inside = spawn(process.execPath, forever, { stdio: 'ignore' });
const outside = spawn(process.execPath, forever, { stdio: 'ignore', detached: true });
if (deaf === 'deaf') process.on('SIGTERM', () => {});
setInterval(() => {}, 1000);
writeFileSync(pidFile, JSON.stringify([process.pid, inside.pid, outside.pid]));
