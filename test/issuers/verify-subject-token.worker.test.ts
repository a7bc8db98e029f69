// The same verification inside workerd, whose cryptography and fetch are other ones than Node's.

import { base64url } from 'jose';
import { describe, expect, it } from 'vitest';

import { ACCEPTED_ALGORITHMS } from '../../src/objects/identity-provider.ts';
import { githubActions } from '../support/claims.ts';
import { createIssuer } from '../support/issuer.ts';
import { createIsolate, outcomeOf, providerFor } from '../support/verifier.ts';

const NOW = 1_789_000_000;
const claims = githubActions({ now: NOW, issuer: 'https://issuer.example.com' });
const all = { allowedAlgorithms: ACCEPTED_ALGORITHMS };

describe('verification in workerd', () => {
  it.each(ACCEPTED_ALGORITHMS)('verifies %s and refuses a changed signature (contract §5.1)', async (alg) => {
    const issuer = await createIssuer({ alg });
    const isolate = createIsolate(issuer);
    const good = await issuer.sign(claims);
    expect(outcomeOf(await isolate.verify(good, providerFor(issuer, all), NOW))).toBe('verified');
    const [header, payload, signature = ''] = good.split('.');
    const bytes = base64url.decode(signature);
    const zero = `${header}.${payload}.${base64url.encode(new Uint8Array(bytes.length))}`;
    const changed = `${header}.${payload}.${base64url.encode(bytes.map((byte, at) => (at === 7 ? byte ^ 1 : byte)))}`;
    const cut = `${header}.${payload}.${base64url.encode(bytes.slice(1))}`;
    const outcomes = [];
    for (const bad of [zero, changed, cut])
      outcomes.push(outcomeOf(await isolate.verify(bad, providerFor(issuer, all), NOW)));
    expect(outcomes).toEqual(['signature_invalid', 'signature_invalid', 'signature_invalid']);
  });

  it('does not follow a redirect and stops a gzip bomb (contract §6)', async () => {
    const issuer = await createIssuer();
    issuer.answer(
      issuer.jwksPath,
      () => new Response(null, { status: 302, headers: { location: 'https://evil.example/' } }),
    );
    const redirected = createIsolate(issuer);
    expect(outcomeOf(await redirected.verify(await issuer.sign(claims), providerFor(issuer), NOW))).toBe(
      'keys_unavailable',
    );
    expect(redirected.logs[0]).toMatchObject({ detail: expect.stringContaining('redirects are not followed') });
    const spaces = new Blob([new Uint8Array(4 * 1024 * 1024).fill(0x20)]).stream();
    const bomb = spaces.pipeThrough(new CompressionStream('gzip')).pipeThrough(new DecompressionStream('gzip'));
    issuer.answer(issuer.jwksPath, () => new Response(bomb));
    const bombed = createIsolate(issuer);
    expect(outcomeOf(await bombed.verify(await issuer.sign(claims), providerFor(issuer), NOW))).toBe(
      'keys_unavailable',
    );
    expect(bombed.logs[0]).toMatchObject({ detail: expect.stringContaining('more than 262144 bytes') });
  });

  it('turns a key that is no point of its curve into an issuer’s fault, not a crash (contract §6)', async () => {
    const issuer = await createIssuer();
    issuer.publish({ ...issuer.key.publicJwk, x: 'A'.repeat(43), y: 'A'.repeat(43) });
    const result = await createIsolate(issuer).verify(await issuer.sign(claims), providerFor(issuer), NOW);
    expect(outcomeOf(result)).toBe('keys_unavailable');
  });
});
