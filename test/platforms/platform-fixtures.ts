// Reads the platforms' fixtures: what their tokens look like, and rules with the tokens they accept and refuse; evaluates nothing.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { JsonObject, JsonValue } from '../../src/token/json.ts';
import { isJsonObject } from '../../src/token/json.ts';
import type { Algorithm } from '../../src/objects/identity-provider.ts';
import type { Conditions } from '../../src/objects/conditions.ts';
import type { FederatedIdentity } from '../../src/objects/federated-identity.ts';
import type { PresetName } from '../../src/platforms/preset.ts';

/** One token of a platform, with what a case changes in it (a JSON merge patch, RFC 7396). */
export interface TokenCase {
  readonly token: string;
  readonly change?: JsonObject;
  /** Who holds such a token. */
  readonly who?: string;
}

export interface RefusedCase extends TokenCase {
  readonly who: string;
  /** Every reason it is refused for, sorted. */
  readonly reasons: readonly string[];
}

/** A rule in the words of the IAM API, with the tokens it has to accept and its risky neighbours. */
export interface RuleFixture {
  readonly purpose: string;
  readonly provider: {
    readonly providerIssuer: string;
    readonly preset: PresetName;
    readonly providerJwksUri?: string;
    readonly localJwks?: { readonly keys: readonly JsonObject[] };
    readonly allowedAlgorithms?: readonly Algorithm[];
    readonly maxTokenLifetime?: number;
    readonly subjectClaim?: string;
  };
  readonly federatedIdentity: {
    readonly providerSubject: string;
    readonly providerSubjectMatch?: FederatedIdentity['providerSubjectMatch'];
    readonly trustedAudiences: readonly string[];
    readonly audienceMatchMode?: FederatedIdentity['audienceMatchMode'];
    readonly conditions?: Conditions;
    readonly replayProtection?: FederatedIdentity['replayProtection'];
  };
  readonly accepts: readonly TokenCase[];
  readonly refuses: readonly RefusedCase[];
}

export interface PlatformFixture {
  readonly platform: string;
  readonly preset: PresetName;
  readonly issuer: { readonly forms: readonly string[]; readonly notes: string };
  readonly discovery: string | null;
  readonly jwksUri: string | null;
  readonly algorithms: readonly string[];
  readonly tokenLifetime: number | null;
  readonly defaultAudience: string | null;
  readonly audienceConfigurable: boolean;
  /** How a job gets the audience it wants; `{audience}` stands for it. */
  readonly audienceSetBy: string;
  readonly obtaining: {
    readonly environment: readonly string[];
    readonly request: string;
    readonly file: string | null;
    readonly notes: string;
  };
  /** How sure these facts are, and what could not be confirmed. */
  readonly confidence: string;
  readonly sources: readonly string[];
  readonly tokens: readonly {
    readonly name: string;
    readonly origin: string;
    readonly header: JsonObject | null;
    readonly claims: JsonObject;
  }[];
  readonly rules: readonly [RuleFixture, ...RuleFixture[]];
}

/** Every platform's fixture, by file name. */
export function readPlatformFixtures(): readonly PlatformFixture[] {
  const folder = join(import.meta.dirname, '../fixtures/platforms');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as PlatformFixture);
}

/** The claims of a case: the named token's, changed. Throws where the fixture has no such token. */
export function claimsOf(platform: PlatformFixture, { token, change }: TokenCase): JsonObject {
  const found = platform.tokens.find(({ name }) => name === token);
  if (found === undefined) throw new Error(`${platform.platform} has no token "${token}"`);
  return change === undefined ? found.claims : mergePatch(found.claims, change);
}

/** A JSON merge patch (RFC 7396). */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map<string, JsonValue>(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    const before = merged.get(name);
    if (value === null) merged.delete(name);
    else merged.set(name, isJsonObject(value) ? mergePatch(isJsonObject(before) ? before : {}, value) : value);
  }
  return Object.fromEntries(merged);
}
