// How the Action's requests find their way: through the proxy of the runner's variables, and past it where they say so.

import http from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { sender } from '../../src/action/send.ts';
import { answering, imitate } from '../cli/sources/imitation.ts';
import type { Imitation } from '../cli/sources/imitation.ts';
import { canMakeCertificates, startProxy } from './proxy-imitation.ts';

let proxy: Imitation;
beforeAll(async () => {
  proxy = await imitate(answering('from the proxy'));
});
afterAll(async () => await proxy.close());

async function textFrom(url: string, variables: Readonly<Record<string, string>>): Promise<string> {
  const response = await sender(variables)(url, { method: 'POST', body: 'a=b', headers: { accept: 'text/plain' } });
  return await response.text();
}

it('asks the proxy for what is elsewhere, whichever way its variable is written', async () => {
  for (const name of ['http_proxy', 'HTTP_PROXY']) {
    expect(await textFrom('http://ghe.example.com/a?b', { [name]: proxy.origin })).toBe('from the proxy');
    expect(proxy.received.at(-1)).toMatchObject({ method: 'POST', url: 'http://ghe.example.com/a?b', body: 'a=b' });
  }
});

it('asks nobody but this machine for what is on it', async () => {
  const local = await imitate(answering('local'));
  expect(await textFrom(local.origin, { http_proxy: proxy.origin, HTTPS_PROXY: proxy.origin })).toBe('local');
  await local.close();
});

// Only Linux has the other loopback addresses from the start.
it.skipIf(process.platform !== 'linux')('goes past the proxy to what NO_PROXY names', async () => {
  const server = http.createServer((_, response) => response.end('direct'));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.2', resolve);
  });
  const url = `http://127.0.0.2:${(server.address() as AddressInfo).port}/`;
  expect(await textFrom(url, { http_proxy: proxy.origin, NO_PROXY: 'other.example.com' })).toBe('from the proxy');
  expect(await textFrom(url, { http_proxy: proxy.origin, NO_PROXY: 'other.example.com,127.0.0.2' })).toBe('direct');
  await new Promise((resolve) => server.close(resolve));
});

it.skipIf(!canMakeCertificates)('trusts no certificate but a known one, through the proxy too', async () => {
  const tunnel = await startProxy({ 'cambist.example.com': proxy.origin });
  const send = sender({ https_proxy: tunnel.url });
  await expect(send('https://cambist.example.com/')).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  expect(tunnel.tunnels).toEqual(['cambist.example.com:443']);
  const wrong = sender({ https_proxy: tunnel.url.replace('pw', 'wrong') });
  await expect(wrong('https://cambist.example.com/')).rejects.toThrow('407');
  await tunnel.close();
});

it('refuses a proxy that it cannot use, and repeats no password of it', async () => {
  for (const given of ['socks5://me:secret@127.0.0.1:1', 'http://me:secret@bad host:1', '::::']) {
    expect(() => sender({ https_proxy: given })).toThrow('https_proxy is not the address of an http proxy.');
  }
  const withoutScheme = proxy.origin.replace('http://', '');
  expect(await textFrom('http://ghe.example.com/', { http_proxy: withoutScheme })).toBe('from the proxy');
});

it('gives up on a body that is too long for anything that is expected', async () => {
  const long = await imitate(answering('x'.repeat(200_000)));
  const text = await textFrom(long.origin, {});
  expect(text.length).toBeGreaterThan(64 * 1024);
  expect(text.length).toBeLessThan(200_000);
  await long.close();
});

it('ends when its signal says so', async () => {
  const silent = await imitate(() => undefined);
  await expect(sender({})(silent.origin, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
    name: 'AbortError',
  });
  await silent.close();
});
