import { describe, expect, test } from 'vitest';
import { cli } from '../../test/cli.ts';
import { testApp } from '../../test/test-app.ts';
import { commands } from './commands.ts';
import { formatTable, formatTsv } from './table.ts';

describe('the command line', () => {
  test('an unknown command names the nearest one', async () => {
    expect(await cli(['statsu'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean: bucle status'),
    });
  });

  test('an unknown verb names the nearest one of its noun', async () => {
    const result = await cli(['tokens', 'crate']);
    expect(result).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: Unknown verb "crate" for tokens. Did you mean: bucle tokens create\n',
    });
  });

  test('a noun alone lists its verbs', async () => {
    expect((await cli(['tokens'])).stderr).toBe('error: tokens needs a verb: create, ls, revoke.\n');
  });

  test('an unknown flag names the nearest one and the usage', async () => {
    const { code, stderr } = await cli(['tokens', 'create', 'x', '--scpoe', 'read']);
    expect(code).toBe(2);
    expect(stderr).toContain('Did you mean --scope?');
    expect(stderr).toContain('Usage: bucle tokens create NAME');
  });

  test('words that a command does not take are refused before it does anything', async () => {
    for (const words of [
      ['down', 'prod'],
      ['up', 'now'],
      ['tokens', 'ls', '--', 'all'],
    ]) {
      const { code, stdout, stderr } = await cli(words);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('takes flags only');
    }
  });

  test('the list of commands holds each of them once, and that of a noun its verbs only', async () => {
    const named = async (words: string[]) =>
      [...(await cli(words)).stdout.matchAll(/^ {2}(\S+(?: \S+)?) {2,}/gm)].map(([, name]) => name);
    expect((await named(['--help'])).toSorted()).toEqual(Object.keys(commands).toSorted());
    const verbs = ['tokens create', 'tokens ls', 'tokens revoke'];
    for (const words of [
      ['help', 'tokens'],
      ['tokens', '--help'],
      ['tokens', 'help'],
    ]) {
      expect(await named(words)).toEqual(verbs);
    }
    expect((await cli(['help', 'tokens', 'create'])).stdout).toContain('Usage: bucle tokens create NAME');
  });

  test('the completion script of bash knows every command with its flags', async () => {
    const { stdout } = await cli(['completion', 'bash']);
    for (const [name, load] of Object.entries(commands)) {
      const line = stdout.split('\n').find((one) => one.startsWith(`${name}|`));
      const flags = Object.keys((await load()).command.options).map((flag) => `--${flag}`);
      expect(line?.split('|')[1]?.split(' ')).toEqual(expect.arrayContaining([...flags, '--json', '--help']));
    }
  });

  test('a scope that no token has is refused with the ones that there are', async () => {
    expect(await cli(['tokens', 'create', 'x', '--scope', 'root', '--url', 'http://127.0.0.1:1'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: --scope is root, but it must be one of read, write, admin.\n',
    });
  });

  test('when no server answers, the error says how to start one', async () => {
    const { code, stderr } = await cli(['tokens', 'ls', '--url', 'http://127.0.0.1:1']);
    expect(code).toBe(1);
    expect(stderr).toContain('No Bucle server answers at http://127.0.0.1:1');
    expect(stderr).toContain('next: Start one with `bucle up`');
  });

  test('every command has a summary, a usage and help', async () => {
    for (const [name, load] of Object.entries(commands)) {
      const { command } = await load();
      expect(command.summary, name).toMatch(/^[A-Z].*\.$/);
      const { code, stdout } = await cli([...name.split(' '), '--help']);
      expect({ name, code }).toEqual({ name, code: 0 });
      expect(stdout).toContain(`Usage: bucle ${name}`);
    }
  });
});

describe('tokens on the command line', () => {
  test('a token is shown once, listed without its secret, and refused after it was revoked', async () => {
    await using server = await testApp({ stages: [], background: false });
    const url = ['--url', server.baseUrl];
    const created = await cli(['tokens', 'create', 'ci', '--scope', 'read', ...url]);
    const secret = created.stdout.trim();
    expect(secret).toMatch(/^bucle_[\w-]{43}$/);
    expect((await cli(['tokens', 'create', 'ci', ...url])).code).toBe(6);
    const listed = await cli(['tokens', 'ls', ...url]);
    expect(listed.stdout).toMatch(/^name\tscopes\tcreated\texpires\tstate\nci\tread\t\S+ \S+\t–\tlive\n$/);
    expect(listed.stdout).not.toContain(secret);
    const asCi = { env: { BUCLE_TOKEN: secret } };
    expect((await cli(['tokens', 'ls', ...url], asCi)).code).toBe(4);
    expect((await cli(['tokens', 'revoke', 'ci', ...url])).code).toBe(0);
    expect((await cli(['tokens', 'revoke', 'ci', ...url])).code).toBe(5);
  });
});

describe('tables', () => {
  const rows = [
    ['amber-lynx-41', 0.9412, null],
    ['a very long name that does not fit', 12, 'x\u001b[31m'],
  ] as const;

  test('on a terminal the widest column gives way, numbers stand right, control characters do nothing', () => {
    expect(formatTable(['name', 'auc', 'note'], rows, 32)).toBe(
      ['NAME                 AUC  NOTE', 'amber-lynx-41     0.9412  –', 'a very long nam…      12  x [31m', ''].join(
        '\n',
      ),
    );
  });

  test('a column that has to be whole is never cut', () => {
    expect(formatTable(['name', 'auc', 'note'], rows, 32, ['name']).split('\n')[2]).toBe(
      'a very long name that does not fit      12  x [31m',
    );
  });

  test('a column without any value stands left, as words do', () => {
    expect(formatTable(['n', 'message'], [[1, null]], 32)).toBe('N  MESSAGE\n1  –\n');
  });

  test('in a pipe nothing is cut', () => {
    expect(formatTsv(['name', 'auc', 'note'], rows)).toBe(
      'name\tauc\tnote\namber-lynx-41\t0.9412\t–\na very long name that does not fit\t12\tx [31m\n',
    );
  });
});
