// What an isolate keeps of compiled rules: never one of a row that has changed since, and never more than fits in its memory.

import { describe, expect, it } from 'vitest';

import { createIdentityCache, storedIdentity } from '../../src/rules/compiled-rules.ts';
import { MAX_CACHED_IDENTITIES, MAX_CACHED_IDENTITY_CHARS } from '../../src/rules/limits.ts';
import type { FederatedIdentity } from '../../src/objects/federated-identity.ts';
import type { IdentityProvider } from '../../src/objects/identity-provider.ts';
import { DEFAULT_AUDIENCE, ISSUER_URL, localProvider } from '../support/exchange.ts';
import { accountNamed, identityOf } from '../support/objects.ts';

const provider = localProvider('https://issuer.example.com', []);

/** Compiles one rule at a time in one isolate; the same object again means that it was kept. */
function isolate(): (identity: FederatedIdentity, of?: IdentityProvider) => Promise<unknown> {
  const compileAll = createIdentityCache({ issuerUrl: ISSUER_URL, defaultAudience: DEFAULT_AUDIENCE });
  return async (identity, of = provider) => (await compileAll([storedIdentity(identity)], of))[0];
}

describe('a compiled rule', () => {
  it('is kept for a row that says the same', async () => {
    const compile = isolate();
    const first = await compile(identityOf());
    expect(await compile(identityOf())).toBe(first);
  });

  it.each<[string, Partial<FederatedIdentity>]>([
    ['id', { id: 'fid_other' }],
    ['organisation', { organisationId: 'org_other' }],
    ['status', { status: 'revoked' }],
    ['end', { expiresAt: 1 }],
    ['mode', { mode: 'shadow' }],
    ['subject', { providerSubject: 'other' }],
    ['conditions', { conditions: { ref: 'refs/heads/main' } }],
    ['expression', { expression: 'claims.sub == "x"' }],
    ['audiences', { trustedAudiences: ['https://other.example.com'] }],
    ['scopes', { allowedScopes: ['api:read'] }],
    ['lifetime', { maxTokenLifetime: 60 }],
    ['replay protection', { replayProtection: 'singleUse' }],
    ['account', { serviceAccount: accountNamed('deployer', { status: 'inactive' }) }],
    ['version', { objectVersion: 2 }],
  ])('is not used for a row with another %s, whose version may be the same', async (_, change) => {
    const compile = isolate();
    const first = await compile(identityOf());
    const second = await compile(identityOf(change));
    expect(second).not.toBe(first);
    expect(second).toMatchObject({ identity: change.trustedAudiences === undefined ? change : {} });
    expect(await compile(identityOf())).toBe(first);
  });

  it('is not used where the provider has another preset or subject claim', async () => {
    const compile = isolate();
    const first = await compile(identityOf());
    expect(await compile(identityOf(), { ...provider, preset: 'github' })).not.toBe(first);
    expect(await compile(identityOf(), { ...provider, subjectClaim: 'email' })).not.toBe(first);
    expect(await compile(identityOf(), { ...provider, keysVersion: 2 })).toBe(first);
  });
});

describe('the memory of compiled rules', () => {
  const large = (at: number): FederatedIdentity =>
    identityOf({ id: `fid_${at}`, conditions: { claim: Array.from({ length: 60 }, (_, n) => `${n}`.padEnd(1_000)) } });
  const small = (at: number): FederatedIdentity => identityOf({ id: `fid_${at}` });

  it.each([
    ['large ones are', large, Math.ceil(MAX_CACHED_IDENTITY_CHARS / 60_000)],
    ['small ones are', small, MAX_CACHED_IDENTITIES],
  ])('forgets the oldest where %s too many, and only then', async (_, made, count) => {
    const compile = isolate();
    const first = await compile(made(0));
    const second = await compile(made(1));
    for (let at = 2; at < count - 10; at += 1) await compile(made(at));
    expect(await compile(made(0))).toBe(first);
    for (let at = count - 10; at <= count; at += 1) await compile(made(at));
    expect(await compile(made(count))).toBe(await compile(made(count)));
    expect(await compile(made(0))).not.toBe(first);
    expect(second).not.toBe(first);
  });
});
