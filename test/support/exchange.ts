// The whole decision path over ports in memory: decoding, keys, verification, rules, grant; no HTTP, no D1, and a signer that signs nothing.

import type { VerifiedClaims } from '../../src/token/claims.ts';
import type { Denial } from '../../src/exchange/denial.ts';
import { exchangeToken } from '../../src/exchange/exchange.ts';
import { newTrace } from '../../src/exchange/record.ts';
import { NOTHING_ASKED } from '../../src/exchange/request.ts';
import type { ExchangeRequest } from '../../src/exchange/request.ts';
import type { NewAuditEvent } from '../../src/objects/audit-log.ts';
import { createIdentityCache, storedIdentity } from '../../src/rules/compiled-rules.ts';
import type { JsonObject } from '../../src/token/json.ts';
import type { FederatedIdentity } from '../../src/objects/federated-identity.ts';
import type { HeldRole } from '../../src/objects/role-binding.ts';
import type { IdentityProvider } from '../../src/objects/identity-provider.ts';
import type { ExchangeDeps, VerifySubjectToken } from '../../src/exchange/ports.ts';
import { ok } from '../../src/exchange/result.ts';
import type { Result } from '../../src/exchange/result.ts';
import { createKeyMemory } from '../../src/issuers/key-memory.ts';
import { createVerifier } from '../../src/issuers/verify-subject-token.ts';
import { providerFor } from './verifier.ts';

export const ISSUER_URL = 'https://cambist.test';
export const DEFAULT_AUDIENCE = 'https://api.example.com';
const ORGANISATION = { id: 'org_00000000000000000000000000', slug: 'default' };

export interface MemoryWorld {
  readonly provider: IdentityProvider;
  readonly identities: readonly FederatedIdentity[];
  readonly heldRoles?: readonly HeldRole[];
  readonly truncated?: boolean;
  /** The real one over `fetch`, unless given. */
  readonly verifySubjectToken?: VerifySubjectToken;
  readonly fetch?: (request: Request) => Promise<Response>;
}

export interface MemoryExchange {
  /** What the service recorded, in order. */
  readonly events: NewAuditEvent[];
  /** The claims of the token that would be signed, or why there is none. */
  readonly present: (
    token: string,
    asked: Partial<ExchangeRequest> & { now: number },
  ) => Promise<Result<JsonObject, Denial>>;
}

async function unreachable(): Promise<Response> {
  throw new TypeError('there is no network');
}

/** A verifier as the service has it, in a cold isolate. */
export function realVerifier(fetch: (request: Request) => Promise<Response>): VerifySubjectToken {
  return createVerifier({
    fetch,
    cache: { get: async () => null, put: async () => undefined },
    memory: createKeyMemory(),
    ownOrigins: [ISSUER_URL],
    allowLoopback: false,
    log: () => undefined,
  });
}

/** A deployment with one provider; tokens of any other issuer find none, as the look-up is byte for byte. */
export function createExchange(world: MemoryWorld): MemoryExchange {
  const events: NewAuditEvent[] = [];
  const { identities, provider } = world;
  let claimsToSign: JsonObject = {};
  const deps: ExchangeDeps = {
    knownFacts: () => null,
    readHeldRoles: async () => [],
    readFacts: async ({ issuer, serviceAccount, federatedIdentity }) => ({
      policy: { organisation: '1', deployment: '1' },
      chars: 0,
      organisation: ORGANISATION,
      provider: issuer === provider.providerIssuer ? provider : null,
      otherProviders: [],
      serviceAccount:
        identities.find((identity) => identity.serviceAccount.id === serviceAccount)?.serviceAccount ?? null,
      identities: identities
        .filter(
          (identity) =>
            (serviceAccount === null || identity.serviceAccount.id === serviceAccount) &&
            (federatedIdentity === null || identity.id === federatedIdentity),
        )
        .map(storedIdentity),
      truncated: world.truncated ?? false,
      heldRoles: world.heldRoles ?? [],
      signingKeys: [],
    }),
    verifySubjectToken: world.verifySubjectToken ?? realVerifier(world.fetch ?? unreachable),
    compileIdentities: createIdentityCache({ issuerUrl: ISSUER_URL, defaultAudience: DEFAULT_AUDIENCE }),
    recordGrant: async ({ event }) => {
      events.push(event);
      return 'recorded';
    },
    recordRefusal: async ({ event }) => {
      events.push(event);
      return 'recorded';
    },
    signerFor: async () =>
      ok(async (claims) => {
        claimsToSign = claims;
        return 'signed';
      }),
    newId: () => 'evt_memory',
    grantEventId: () => 'evt_memory',
    newTokenId: () => 'jti',
    issuerUrl: ISSUER_URL,
    defaultOrganisationId: ORGANISATION.id,
  };
  return {
    events,
    present: async (token, asked) => {
      const result = await exchangeToken(
        { ...NOTHING_ASKED, requestId: 'request', ip: null, ...asked, subjectToken: token },
        deps,
        newTrace(),
      );
      return result.ok ? ok(claimsToSign) : result;
    },
  };
}

/** A provider whose keys are given by hand, so that nothing is fetched. */
export function localProvider(
  issuer: string,
  keys: readonly object[],
  changes: Partial<IdentityProvider> = {},
): IdentityProvider {
  return providerFor({ issuer }, { localJwks: { keys: keys as readonly JsonObject[] }, ...changes });
}

/** A verifier that believes these claims, for properties of what comes after. */
export function believing(claims: JsonObject): VerifySubjectToken {
  return async (_token, provider) => {
    const subject = String(claims['sub']);
    const verified = {
      claims,
      issuer: provider.providerIssuer,
      subject,
      expiresAt: 0,
      issuedAt: 0,
      replayKey: async () => 'key',
    };
    return ok({ verified: verified as VerifiedClaims, fetched: null, stale: false });
  };
}
