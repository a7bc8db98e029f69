// What an audit event keeps of a token's claims: at most 4 KiB, what decides first, and what stands for the rest (contract §5.7).

import { describe, expect, it } from 'vitest';

import { recordClaims, recordSubject } from '../../src/exchange/recorded-claims.ts';
import type { RecordedClaims } from '../../src/exchange/recorded-claims.ts';
import { presetByName } from '../../src/platforms/presets.ts';
import { compileExpression } from '../../src/rules/expression.ts';
import { compileFederatedIdentity } from '../../src/rules/rule.ts';
import type { FederatedIdentity } from '../../src/objects/federated-identity.ts';
import type { JsonObject } from '../../src/token/json.ts';
import { canonicalJson } from '../../src/token/canonical-json.ts';
import { sha256 } from '../../src/token/digest.ts';
import { identityOf, providerOf } from '../support/objects.ts';

const ISSUER = 'https://token.actions.githubusercontent.com';
const provider = providerOf(ISSUER, { preset: 'github', subjectClaim: 'workload' });

function record(claims: JsonObject, changes: Partial<FederatedIdentity> = {}): Promise<RecordedClaims> {
  const rule = compileFederatedIdentity(identityOf(changes), {
    issuerUrl: 'https://cambist.test',
    defaultAudience: 'https://cambist.test',
    preset: presetByName('github'),
    providerIssuer: ISSUER,
    subjectClaim: 'workload',
    compileExpression,
  });
  return recordClaims(claims, provider, [rule]);
}

const bytes = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length;
const filler = (count: number): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`filler_${index}`, 'x'.repeat(100)]));

describe('the claims of an event', () => {
  it('are all of them up to 4 KiB, with nothing said of a rest (contract §5.7)', async () => {
    const rest = 4_096 - bytes({ iss: ISSUER, a: '' });
    const claims = { iss: ISSUER, a: 'x'.repeat(rest) };
    expect(bytes(claims)).toBe(4_096);
    expect(await record(claims)).toEqual({ claims, claimsDigest: null, claimsOmitted: null });
    const { claims: kept, claimsOmitted } = await record({ ...claims, a: `${claims.a}x` });
    expect([kept, claimsOmitted]).toEqual([{ iss: ISSUER }, ['a']]);
  });

  it('are counted in bytes of UTF-8 (contract §5.7)', async () => {
    expect((await record({ iss: ISSUER, a: 'ü'.repeat(2_100) })).claimsOmitted).toEqual(['a']);
  });

  it.each<[string, Partial<FederatedIdentity>, string]>([
    ['a condition names', { conditions: { last: 'x' } }, 'last'],
    ['a condition points into', { conditions: { '/last/0': 'x' } }, 'last'],
    ['an expression reads', { expression: 'claims.last == "x"' }, 'last'],
    ['is forwarded', { forwardedClaims: ['last'] }, 'last'],
    ['is the subject', {}, 'workload'],
    ['the preset guards', {}, 'event_name'],
    ['says whose it is', {}, 'repository_owner_id'],
  ])('keep before others what %s (contract §5.7)', async (_name, changes, claim) => {
    const claims = { ...filler(100), [claim]: ['x'], iss: ISSUER };
    const { claims: kept, claimsDigest, claimsOmitted } = await record(claims, changes);
    expect(kept).toMatchObject({ [claim]: ['x'], iss: ISSUER, filler_0: 'x'.repeat(100) });
    expect(bytes(kept)).toBeLessThanOrEqual(4_096);
    expect(bytes(kept)).toBeGreaterThan(3_900);
    expect(claimsDigest).toBe(await sha256(canonicalJson(claims)));
    expect(claimsOmitted).not.toContain(claim);
  });

  it('keep what fits behind what does not (contract §5.7)', async () => {
    const { claims, claimsOmitted } = await record({ iss: ISSUER, huge: 'x'.repeat(9_000), small: 1 });
    expect([claims, claimsOmitted]).toEqual([{ iss: ISSUER, small: 1 }, ['huge']]);
  });

  it('name what is left out, at most 50 of it and in few bytes, and how many more there are (contract §5.7)', async () => {
    const short = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`c${index}`, 'x'.repeat(4_090)]));
    const { claimsOmitted: many } = await record(short);
    expect(many).toHaveLength(51);
    expect(many?.at(-1)).toBe('and 150 more');
    const long = Object.fromEntries(['a', 'b', 'c'].map((name) => [name.repeat(300), 'x'.repeat(4_096)]));
    expect((await record(long)).claimsOmitted).toEqual(['a'.repeat(300), 'and 2 more']);
  });
});

describe('the subject of an event', () => {
  it('is the token’s, or its beginning and a digest if it is long (contract §5.7)', async () => {
    expect(await recordSubject('s'.repeat(256))).toBe('s'.repeat(256));
    const [one, other] = [await recordSubject(`${'s'.repeat(300)}1`), await recordSubject(`${'s'.repeat(300)}2`)];
    expect(one).toHaveLength(256);
    expect(one).not.toBe(other);
  });
});
