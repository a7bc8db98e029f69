// How requests find their way: through the proxy of the variables, past it where they say so, and never after a redirect.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runnerSender } from '../../src/action/send.ts';
import { knowsProxies, proxyFor } from '../../src/cli/proxy.ts';
import { sender } from '../../src/cli/send.ts';
import type { Answer } from '../../src/cli/send.ts';
import { readBoundedText } from '../../src/sdk/bounded-text.ts';
import { canMakeCertificates, startProxy } from '../action/proxy-imitation.ts';
import { answering, imitate } from './sources/imitation.ts';
import type { Imitation } from './sources/imitation.ts';

let proxy: Imitation;
beforeAll(async () => {
  proxy = await imitate(answering('from the proxy'));
});
afterAll(async () => await proxy.close());

type Variables = Readonly<Record<string, string>>;

async function ask(url: string, variables: Variables = {}, signal: AbortSignal | null = null): Promise<Answer> {
  const headers = { accept: 'text/plain' };
  return await sender(variables)(url, { method: 'POST', body: 'a=b', headers, redirect: 'manual', signal });
}

async function textFrom(url: string, variables: Variables): Promise<string> {
  return await (await ask(url, variables)).text();
}

describe('a proxy', () => {
  it('is asked for what is elsewhere, whichever way its variable is written', async () => {
    for (const name of ['http_proxy', 'HTTP_PROXY']) {
      expect(await textFrom('http://ghe.example.com/a?b', { [name]: proxy.origin })).toBe('from the proxy');
      expect(proxy.received.at(-1)).toMatchObject({ method: 'POST', url: 'http://ghe.example.com/a?b', body: 'a=b' });
    }
  });

  it('is not asked for what is on this machine, nor for its metadata service', async () => {
    const local = await imitate(answering('local'));
    expect(await textFrom(local.origin, { http_proxy: proxy.origin, HTTPS_PROXY: proxy.origin })).toBe('local');
    await local.close();
    for (const own of ['http://169.254.169.254/', 'http://[fd00:ec2::254]/', 'http://metadata.google.internal/'])
      expect(proxyFor(new URL(own), { http_proxy: proxy.origin })).toBeNull();
    for (const other of ['http://169.253.1.1/', 'http://metadata.google.internal.example.com/'])
      expect(proxyFor(new URL(other), { http_proxy: proxy.origin })).not.toBeNull();
  });

  // Only Linux has the other loopback addresses from the start.
  it.skipIf(process.platform !== 'linux')('is passed by for what NO_PROXY names', async () => {
    const server = createServer((_, response) => response.end('direct'));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.2', resolve);
    });
    const url = `http://127.0.0.2:${(server.address() as AddressInfo).port}/`;
    expect(await textFrom(url, { http_proxy: proxy.origin, NO_PROXY: 'other.example.com' })).toBe('from the proxy');
    expect(await textFrom(url, { http_proxy: proxy.origin, NO_PROXY: 'other.example.com,127.0.0.2' })).toBe('direct');
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it.skipIf(!canMakeCertificates)('carries no certificate but a known one', async () => {
    const tunnel = await startProxy({ 'cambist.example.com': proxy.origin });
    const url = 'https://cambist.example.com/';
    await expect(ask(url, { https_proxy: tunnel.url })).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(tunnel.tunnels).toEqual(['cambist.example.com:443']);
    await expect(ask(url, { https_proxy: tunnel.url.replace('pw', 'wrong') })).rejects.toThrow('407');
    await tunnel.close();
  });

  it('is refused if it cannot be used, and no password of it is repeated', async () => {
    for (const given of ['socks5://me:secret@127.0.0.1:1', 'http://me:secret@bad host:1', '::::']) {
      const message = 'https_proxy is not the address of an http proxy.';
      expect(() => runnerSender({ https_proxy: given })).toThrow(message);
      await expect(ask('https://a.example.com', { https_proxy: given })).rejects.toThrow(message);
    }
    const withoutScheme = proxy.origin.replace('http://', '');
    expect(await textFrom('http://ghe.example.com/', { http_proxy: withoutScheme })).toBe('from the proxy');
    expect(proxyFor(new URL('https://a'), { https_proxy: 'http://me:pw@p:1' })?.origin).toBe('http://p:1');
  });

  it.each([
    ['20.20.2', false],
    ['22.20.9', false],
    ['22.21.0', true],
    ['23.11.0', false],
    ['24.4.1', false],
    ['24.5.0', true],
    ['25.0.0', true],
  ])('is known to Node.js %s: %s', (version, isKnown) => {
    expect(knowsProxies(version)).toBe(isKnown);
  });
});

describe('an answer', () => {
  it('is what the global fetch would give', async () => {
    const headers = { 'x-one': 'a', 'retry-after': '5', location: 'https://evil.example.com/' };
    for (const status of [200, 204, 302, 404, 500]) {
      const server = await imitate(answering({ a: 'ä' }, status, headers));
      const [ours, theirs] = [
        await ask(server.origin),
        await fetch(server.origin, { method: 'POST', redirect: 'manual' }),
      ];
      expect([ours.status, ours.ok]).toEqual([theirs.status, theirs.ok]);
      for (const name of ['X-One', 'retry-after', 'location', 'content-type', 'none'])
        expect(ours.headers.get(name)).toBe(theirs.headers.get(name));
      expect(await ours.text()).toBe(await theirs.text());
      expect(server.received[0]).toMatchObject({
        headers: { 'user-agent': 'cambist', 'accept-encoding': 'identity', 'content-length': '3' },
      });
      await server.close();
    }
  });

  it('is read as JSON and as bytes', async () => {
    const server = await imitate(answering({ a: 'ä' }));
    expect(await (await ask(server.origin)).json()).toEqual({ a: 'ä' });
    expect(new TextDecoder().decode(await (await ask(server.origin)).arrayBuffer())).toBe('{"a":"ä"}');
    await server.close();
  });

  it('is given up if it is too long for its reader', async () => {
    const long = await imitate(answering('x'.repeat(2_000_000)));
    expect(await readBoundedText(await ask(long.origin), 64 * 1024)).toBeNull();
    expect((await readBoundedText(await ask(long.origin), 2_000_000))?.length).toBe(2_000_000);
    await long.close();
  });

  it('that does not come, or not to its end, fails with the reason of the signal', async () => {
    const silent = await imitate(() => undefined);
    const halting = await imitate((_, response) => void response.write('begun'));
    for (const server of [silent, halting]) {
      const answer = ask(server.origin, {}, AbortSignal.timeout(50)).then(async (one) => await one.text());
      await expect(answer).rejects.toMatchObject({ name: 'TimeoutError' });
    }
    await expect(ask(silent.origin, {}, AbortSignal.abort(new Error('mine')))).rejects.toThrow('mine');
    await Promise.all([silent.close(), halting.close()]);
  });

  it('that breaks off is an error with a code', async () => {
    const broken = await imitate((_, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half');
      setTimeout(() => response.destroy(), 20);
    });
    const answer = await ask(broken.origin);
    await expect(answer.text()).rejects.toMatchObject({ code: 'ECONNRESET' });
    await broken.close();
    await expect(ask(broken.origin)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
