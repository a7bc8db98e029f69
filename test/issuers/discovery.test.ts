// Issuers that lie, redirect, flood or dawdle: every answer that is not usable keys is a failure with a detail for the operator.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { fetchIssuerKeys } from '../../src/issuers/discovery.ts';
import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';
import { version as packageVersion } from '../../package.json' with { type: 'json' };
import { providerFor } from '../support/verifier.ts';

const MIB = 1024 * 1024;
let issuer: TestIssuer;
const sent: Request[] = [];

beforeEach(async () => {
  issuer = await createIssuer();
  sent.length = 0;
});
afterEach(() => void vi.useRealTimers());

async function detailOf(from: TestIssuer = issuer): Promise<string> {
  const fetched = await fetchIssuerKeys(providerFor(from), {
    fetch: (request) => {
      sent.push(request);
      return from.fetch(request);
    },
    allowLoopback: false,
    ownOrigins: ['https://cambist.test'],
  });
  return fetched.ok ? `${fetched.value.keys.length} keys` : fetched.error;
}

const discovery = (document: unknown): void =>
  issuer.answer(issuer.discoveryPath, () => new Response(JSON.stringify(document)));

const documentOf = (more: object): string =>
  JSON.stringify({ issuer: issuer.issuer, jwks_uri: issuer.jwksUri, ...more });

/** A body that is produced only as far as it is read. */
function endless(chunk: Uint8Array, count: number): { body: ReadableStream<Uint8Array>; produced: () => number } {
  let produced = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      produced += 1;
      if (produced > count) controller.close();
      else controller.enqueue(chunk);
    },
  });
  return { body, produced: () => produced };
}

describe('fetchIssuerKeys (contract §6, OpenID Connect Discovery 1.0 §4)', () => {
  it('asks for key sets and JSON, names itself, follows no redirect, and drops the slash at the end of the issuer', async () => {
    const slashed = await createIssuer({ issuer: 'https://aks.example.com/tenant/' });
    expect(await detailOf(slashed)).toBe('1 keys');
    expect(sent.map(({ url }) => url)).toEqual([
      'https://aks.example.com/tenant/.well-known/openid-configuration',
      'https://aks.example.com/tenant/keys',
    ]);
    for (const request of sent) {
      expect([request.method, request.redirect]).toEqual(['GET', 'manual']);
      expect(request.headers.get('accept')).toBe('application/jwk-set+json, application/json');
      expect(request.headers.get('user-agent')).toBe(`cambist/${packageVersion}`);
    }
  });

  it('serves an issuer that answers 406 or 403 to those who name no key set, or not themselves (contract §6)', async () => {
    issuer.answer(issuer.jwksPath, ({ headers }) => {
      if (!headers.get('accept')?.includes('application/jwk-set+json')) return new Response(null, { status: 406 });
      return headers.has('user-agent') ? Response.json(issuer.jwks) : new Response(null, { status: 403 });
    });
    expect(await detailOf()).toBe('1 keys');
  });

  it('ignores a byte-order mark before either document (RFC 8259 §8.1)', async () => {
    issuer.answer(issuer.discoveryPath, () => new Response(`\uFEFF${documentOf({})}`));
    issuer.answer(issuer.jwksPath, () => new Response(`\uFEFF${JSON.stringify(issuer.jwks)}`));
    expect(await detailOf()).toBe('1 keys');
  });

  it.each([
    ['a repeated member that nobody reads', '"claims_supported":["sub"],"claims_supported":["aud"]', '1 keys'],
    ['a repeated member inside another', '"mtls_endpoint_aliases":{"issuer":"a","issuer":"b"}', '1 keys'],
    ['a repeated jwks_uri', '"jwks_uri":"https://issuer.example.com/keys"', 'repeated'],
    ['a repeated issuer', '"issuer":"https://issuer.example.com"', 'repeated'],
    ['a repeated issuer, written with an escape', '"\\u0069ssuer":"https://issuer.example.com"', 'repeated'],
  ])('makes of %s in a discovery document what it means (contract §6)', async (_, members, outcome) => {
    issuer.answer(issuer.discoveryPath, () => new Response(documentOf({}).replace(/\}$/, `,${members}}`)));
    expect(await detailOf()).toContain(outcome);
  });

  it('takes JSON whatever its content type says', async () => {
    issuer.answer(
      issuer.jwksPath,
      () => new Response(JSON.stringify(issuer.jwks), { headers: { 'content-type': 'text/html' } }),
    );
    expect(await detailOf()).toBe('1 keys');
  });

  it.each([
    [
      'another issuer',
      { issuer: 'https://evil.example', jwks_uri: 'https://issuer.example.com/keys' },
      'names another issuer',
    ],
    [
      'its issuer with a slash',
      { issuer: 'https://issuer.example.com/', jwks_uri: 'https://issuer.example.com/keys' },
      'names another issuer',
    ],
    ['no issuer', { jwks_uri: 'https://issuer.example.com/keys' }, 'names another issuer'],
    ['no jwks_uri', { issuer: 'https://issuer.example.com' }, 'no jwks_uri'],
    [
      'a jwks_uri that is a list',
      { issuer: 'https://issuer.example.com', jwks_uri: ['https://a.example'] },
      'no jwks_uri',
    ],
    ['nothing but a list', [], 'not a JSON object'],
    [
      'an http jwks_uri',
      { issuer: 'https://issuer.example.com', jwks_uri: 'http://issuer.example.com/keys' },
      'is not fetched',
    ],
    [
      'the metadata service',
      { issuer: 'https://issuer.example.com', jwks_uri: 'https://169.254.169.254/keys' },
      'is not fetched',
    ],
    [
      'a local name',
      { issuer: 'https://issuer.example.com', jwks_uri: 'https://vault.internal/keys' },
      'is not fetched',
    ],
    ['loopback', { issuer: 'https://issuer.example.com', jwks_uri: 'https://localhost/keys' }, 'is not fetched'],
    [
      'this deployment',
      { issuer: 'https://issuer.example.com', jwks_uri: 'https://cambist.test/.well-known/jwks.json' },
      'is not fetched',
    ],
    ['a file', { issuer: 'https://issuer.example.com', jwks_uri: 'file:///etc/passwd' }, 'is not fetched'],
  ])('refuses a discovery document that names %s, and asks no further', async (_, document, says) => {
    discovery(document);
    expect(await detailOf()).toContain(says);
    expect(sent).toHaveLength(1);
  });

  it('quotes a jwks_uri that is not fetched only where it is short and can be an address', async () => {
    const naming = async (jwksUri: string): Promise<string> => {
      discovery({ issuer: 'https://issuer.example.com', jwks_uri: jwksUri });
      return detailOf();
    };
    const short = `http://issuer.example.com/${'k'.repeat(174)}`;
    expect(await naming(short)).toBe(`the jwks_uri ${short} is not fetched: it must be an https URL`);
    for (const other of [`${short}k`, `https://${'k'.repeat(60_000)}`, 'https://a.example/\u202e\n\u001b[2J'])
      expect(await naming(other)).toMatch(/^the jwks_uri \(something else\) is not fetched: it must [\w ,-]+$/);
  });

  it('refuses to send anything to an issuer that must not be fetched, however it got into its row', async () => {
    for (const address of [
      'http://issuer.example.com',
      'https://10.0.0.1',
      'https://kubernetes.default.svc',
      'spiffe://example.org',
    ]) {
      const fetched = await fetchIssuerKeys(providerFor({ issuer: address }), {
        fetch: () => Promise.reject(new Error('reached the network')),
        allowLoopback: false,
        ownOrigins: [],
      });
      expect(fetched).toMatchObject({ ok: false, error: expect.stringContaining('is not fetched') });
    }
  });

  it.each([301, 302, 307, 308])('does not follow a %i', async (status) => {
    issuer.answer(
      issuer.jwksPath,
      () => new Response(null, { status, headers: { location: 'https://evil.example/keys' } }),
    );
    expect(await detailOf()).toContain('redirects are not followed');
    expect(sent).toHaveLength(2);
  });

  it('stops reading at 64 KiB of discovery and 256 KiB of keys, counted after decompression', async () => {
    const flood = endless(new Uint8Array(16 * 1024).fill(0x20), 1_000);
    issuer.answer(issuer.discoveryPath, () => new Response(flood.body));
    expect(await detailOf()).toContain('more than 65536 bytes');
    expect(flood.produced()).toBeLessThan(20);
    issuer.comeBack();
    const bomb = endless(new Uint8Array(64 * 1024).fill(0x20), 160);
    issuer.answer(
      issuer.jwksPath,
      () =>
        new Response(bomb.body.pipeThrough(new CompressionStream('gzip')).pipeThrough(new DecompressionStream('gzip'))),
    );
    expect(await detailOf()).toContain('more than 262144 bytes');
  });

  it('accepts a key set just below its limit', async () => {
    const padded = JSON.stringify(issuer.jwks).padEnd(256 * 1024, ' ');
    issuer.answer(issuer.jwksPath, () => new Response(padded));
    expect(await detailOf()).toBe('1 keys');
    issuer.answer(issuer.jwksPath, () => new Response(`${padded} `));
    expect(await detailOf()).toContain('more than 262144 bytes');
  });

  it('gives up after 5 s in all, whether nothing comes or one byte per second', async () => {
    vi.useFakeTimers();
    issuer.hang();
    const silent = detailOf();
    await vi.advanceTimersByTimeAsync(5_001);
    expect(await silent).toContain('did not answer within 5000 ms');
    issuer.comeBack();
    const drip = (): Response =>
      new Response(
        new ReadableStream<Uint8Array>({
          async pull(controller) {
            await new Promise((resolve) => setTimeout(resolve, 1_000));
            controller.enqueue(new Uint8Array([0x20]));
          },
        }),
      );
    issuer.answer(issuer.jwksPath, drip);
    const dripping = detailOf();
    await vi.advanceTimersByTimeAsync(5_001);
    expect(await dripping).toContain('did not answer within 5000 ms');
    expect(sent.at(-1)?.signal.aborted).toBe(true);
  });

  it.each([
    ['JSON with a repeated member', '{"keys":[],"keys":[]}', 'repeated'],
    ['deep JSON', `{"keys":${'['.repeat(10_000)}`, 'nested'],
    ['two byte-order marks', '\uFEFF\uFEFF{"keys":[]}', 'byte-order mark'],
    ['invalid UTF-8', new Uint8Array([0x7b, 0xff]), 'UTF-8'],
    ['nothing', '', 'not valid JSON'],
  ])('refuses %s without quoting it', async (_, body, says) => {
    issuer.answer(issuer.jwksPath, () => new Response(body));
    expect(await detailOf()).toContain(says);
  });

  it('turns a network error into a detail', async () => {
    issuer.answer(issuer.jwksPath, () => Promise.reject(new TypeError('connection refused')));
    expect(await detailOf()).toContain('connection refused');
  });

  it('does not hold a large body in memory', async () => {
    issuer.answer(issuer.jwksPath, () => new Response(endless(new Uint8Array(MIB), 10_000).body));
    expect(await detailOf()).toContain('more than 262144 bytes');
  });
});
