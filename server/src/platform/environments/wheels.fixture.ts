import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../processes/run.ts';

const MAKE_WHEEL = `
import sys, zipfile
folder, name, version, body = sys.argv[1:]
info = f'{name}-{version}.dist-info'
with zipfile.ZipFile(f'{folder}/{name}-{version}-py3-none-any.whl', 'w') as wheel:
    wheel.writestr(f'{name}/__init__.py', body)
    wheel.writestr(f'{info}/METADATA', f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n')
    wheel.writestr(f'{info}/WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(f'{info}/RECORD', '')
`;

/** Puts a real, tiny wheel into a folder, so that environments are built without any index. */
export async function makeWheel(folder: string, name: string, version: string, body = ''): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { code, stderr } = await run('python3', ['-c', MAKE_WHEEL, folder, name, version, body]);
  if (code !== 0) throw new Error(stderr);
}

/** A project whose requirements name local wheels only. */
export async function makeProject(folder: string): Promise<{ wheels: string; requirements: string }> {
  const wheels = join(folder, 'wheels');
  await makeWheel(wheels, 'alpha', '1.0', "value = 'one'");
  await makeWheel(wheels, 'alpha', '2.0', "value = 'two'");
  await makeWheel(wheels, 'beta', '0.5');
  return { wheels, requirements: '--no-index\n--find-links ./wheels\n' };
}
