// The issuer doctor: for each way in which an issuer can fail, the check that fails and advice that names the real cause (contract §5.1).

import { beforeEach, describe, expect, it } from 'vitest';

import { checkIssuer } from '../../src/issuers/check-issuer.ts';
import type { IssuerFinding } from '../../src/objects/issuer-port.ts';
import { createIssuer, createKey } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';
import { providerFor } from '../support/verifier.ts';

const NOW = 1_789_000_000;
let issuer: TestIssuer;

beforeEach(async () => {
  issuer = await createIssuer();
});

async function findings(changes: Parameters<typeof providerFor>[1] = {}): Promise<readonly IssuerFinding[]> {
  return checkIssuer(providerFor(issuer, changes), NOW, {
    fetch: issuer.fetch,
    allowLoopback: false,
    ownOrigins: ['https://cambist.test'],
  });
}

async function finding(
  check: IssuerFinding['check'],
  changes?: Parameters<typeof providerFor>[1],
): Promise<IssuerFinding> {
  const found = (await findings(changes)).find((one) => one.check === check);
  if (found === undefined) throw new Error(`no finding about ${check}`);
  return found;
}

describe('checkIssuer', () => {
  it('finds nothing to mend at a good issuer', async () => {
    expect((await findings()).filter(({ verdict, check }) => verdict !== 'ok' && check !== 'clock')).toEqual([]);
  });

  it.each([
    [203, 'proxy'],
    [204, 'only 200'],
    [206, 'only 200'],
    [301, 'redirects are not followed'],
    [302, 'redirects are not followed'],
    [304, 'cache in front of the issuer'],
    [307, 'redirects are not followed'],
    [308, 'redirects are not followed'],
    [400, 'path of providerIssuer'],
    [401, 'asks for a login'],
    [403, 'user agent cambist/'],
    [404, 'path of providerIssuer'],
    [405, 'does not answer GET'],
    [406, 'none of the types'],
    [407, 'proxy'],
    [410, 'path of providerIssuer'],
    [418, 'refuses the request'],
    [421, 'host name'],
    [429, 'limits how often'],
    [451, 'from where this service runs'],
    [500, 'the issuer is failing'],
    [503, 'the issuer is failing'],
    [522, 'the issuer is failing'],
  ])('names the cause of a %i, for discovery and for the keys', async (status, says) => {
    const bodyless = [204, 304].includes(status);
    const answer = (): Response => new Response(bodyless ? null : '{}', { status });
    for (const [path, check] of [
      [issuer.discoveryPath, 'discovery'],
      [issuer.jwksPath, 'jwks'],
    ] as const) {
      issuer.answer(path, answer);
      const found = await finding(check);
      expect(found).toMatchObject({ verdict: 'failed', detail: expect.stringContaining(`answered ${status}`) });
      expect(found.advice).toContain(says);
      issuer.comeBack();
    }
  });

  it('says of a 304 that nothing was asked conditionally, and not that it is a redirect', async () => {
    issuer.answer(issuer.jwksPath, () => new Response(null, { status: 304 }));
    const { detail, advice } = await finding('jwks');
    expect(`${detail} ${advice}`).not.toContain('redirect');
  });

  it.each([
    ['a page', '<!doctype html>', 'sign-in page'],
    ['too much', ' '.repeat(300_000), 'smaller document'],
  ])('says of %s what it is', async (_, body, says) => {
    issuer.answer(issuer.jwksPath, () => new Response(body));
    expect((await finding('jwks')).advice).toContain(says);
  });

  it('says of an issuer that cannot be reached that it must be public, or its keys given by hand', async () => {
    issuer.answer(issuer.discoveryPath, () => Promise.reject(new TypeError('connection refused')));
    expect((await finding('discovery')).advice).toContain('public internet');
  });

  it('raises no alarm about private members that are null, and does about one that is there', async () => {
    issuer.publish({ ...issuer.key.publicJwk, d: null, p: null, use: null, alg: null });
    expect(await finding('keys')).toMatchObject({ verdict: 'ok' });
    issuer.publish({ ...issuer.key.publicJwk, d: 'AAAA' });
    expect(await finding('keys')).toMatchObject({ verdict: 'failed', advice: expect.stringContaining('private key') });
  });

  it('names keys that share a kid and an algorithm, and no key that is listed once for each of its algorithms', async () => {
    const key = await createKey('RS256', 'many');
    issuer.publish(...['RS256', 'RS384', 'RS512'].map((alg) => ({ ...key.publicJwk, alg })));
    expect(await finding('keys')).toMatchObject({ verdict: 'ok' });
    const other = await createKey('RS256', 'many');
    issuer.publish(key.publicJwk, other.publicJwk, issuer.key.publicJwk);
    expect(await finding('keys')).toMatchObject({ verdict: 'warning', detail: expect.stringContaining('same kid') });
  });

  it.each([
    ['EdDSA', 'Ed25519'],
    ['Ed25519', 'EdDSA'],
  ] as const)('takes %s as allowed for a key that says %s (RFC 9864)', async (allowed, alg) => {
    const { publicJwk } = await createKey('EdDSA', 'ed');
    issuer.publish({ ...publicJwk, alg });
    expect(await finding('algorithms', { allowedAlgorithms: [allowed] })).toMatchObject({
      verdict: 'ok',
      detail: `the keys can verify ${allowed}`,
    });
  });
});
