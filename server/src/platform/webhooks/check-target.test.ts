import { describe, expect, test } from 'vitest';
import { type AllowEntry, parseAllowEntry } from './allow-list.ts';
import { checkTarget } from './check-target.ts';

const check = (url: string, allowed: readonly string[] = [], addresses: readonly string[] = ['8.8.8.8']) =>
  checkTarget(url, {
    allow: allowed.map((text) => parseAllowEntry(text) as AllowEntry),
    resolve: async () => addresses,
  });

describe('the target of a webhook', () => {
  test.each([
    ...['127.0.0.1', '127.1', '2130706433', '0177.0.0.1', '0x7f000001', '0x7f.1', '127.0.0.1.', '①②⑦.0.0.1', '0'],
    ...['10.0.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '100.100.100.200', '169.254.169.254', '198.18.0.1'],
    ...['224.0.0.1', '255.255.255.255', '0.0.0.0', '168.63.129.16'],
    ...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '[0:0:0:0:0:ffff:0a00:0001]'],
    ...['[fe80::1]', '[fc00::1]', '[fd00:ec2::254]', '[ff02::1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[2001::1]'],
  ])('is refused at %s, encrypted or not', async (host) => {
    for (const scheme of ['https', 'http']) {
      await expect(check(`${scheme}://${host}/hook`)).rejects.toMatchObject({ code: 'WEBHOOKS_ADDRESS_REFUSED' });
    }
  });

  test.each([[['127.0.0.1']], [['8.8.8.8', '10.0.0.7']], [['::1']], [['::ffff:127.0.0.1']], [['fe80::1%eth0']]])(
    'is refused when its name leads to %j, even in part',
    async (addresses) => {
      await expect(check('https://hooks.example.org/', [], addresses)).rejects.toMatchObject({
        code: 'WEBHOOKS_ADDRESS_REFUSED',
      });
    },
  );

  test('is any public address, which is kept for the connection', async () => {
    const { addresses } = await check('https://hooks.example.org/', [], ['8.8.8.8', '2606:4700::1111']);
    expect(addresses).toEqual(['8.8.8.8', '2606:4700::1111']);
    expect((await check('https://[2606:4700::1111]/')).addresses).toEqual(['2606:4700::1111']);
  });

  test('is encrypted, unless it is allowed by name or network', async () => {
    await expect(check('http://hooks.example.org/')).rejects.toMatchObject({ code: 'WEBHOOKS_HTTPS_NEEDED' });
    await expect(check('http://8.8.8.8/')).rejects.toMatchObject({ code: 'WEBHOOKS_HTTPS_NEEDED' });
    await expect(check('http://hooks.example.org/', ['hooks.example.org'])).resolves.toBeDefined();
    await expect(check('http://8.8.8.8/', ['8.8.0.0/16'])).resolves.toBeDefined();
  });

  test('may be private where the setting says so, and nowhere else', async () => {
    await expect(check('http://10.1.2.3/', ['10.1.0.0/16'])).resolves.toBeDefined();
    await expect(check('https://10.2.0.1/', ['10.1.0.0/16'])).rejects.toThrow('10.2.0.1');
    await expect(check('https://hooks.internal/', ['hooks.internal'], ['10.9.9.9'])).resolves.toBeDefined();
    await expect(check('https://a.hooks.internal/', ['hooks.internal'], ['10.9.9.9'])).rejects.toThrow('10.9.9.9');
    await expect(check('http://[::1]:80/', ['::1'])).resolves.toBeDefined();
    const half = check('https://hooks.internal/', ['10.9.0.0/16'], ['10.9.9.9', '10.8.0.1']);
    await expect(half).rejects.toThrow('10.8.0.1');
  });

  test('is a URL of the web without credentials, at a name that exists', async () => {
    for (const url of [
      'ftp://example.org/',
      'file:///etc/passwd',
      'nonsense',
      'https://',
      'https://a:b@example.org/',
    ]) {
      await expect(check(url)).rejects.toMatchObject({ code: 'WEBHOOKS_URL_INVALID' });
    }
    await expect(check('https://hooks.example.org/', [], [])).rejects.toMatchObject({ code: 'WEBHOOKS_HOST_UNKNOWN' });
    const failing = checkTarget('https://hooks.example.org/', {
      allow: [],
      resolve: () => Promise.reject(new Error('ENOTFOUND')),
    });
    await expect(failing).rejects.toMatchObject({ code: 'WEBHOOKS_HOST_UNKNOWN' });
  });

  test.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::1/129', 'a b', '-x', '1.2.3', '*', '10.0.0.0/x'])(
    'cannot be allowed by %s',
    (text) => expect(parseAllowEntry(text)).toBeNull(),
  );
});
