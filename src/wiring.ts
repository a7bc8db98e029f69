// The composition root: joins the doors, the rules, storage, issuers' keys and our own keys over one set of settings.

import { typeidUnboxed } from 'typeid-js';
import { parseConfig } from './config.ts';
import type { Config, ConfigFault, Settings } from './config.ts';
import { grantToCredential } from './exchange/credential-grant.ts';
import { denial } from './exchange/denial.ts';
import type { Denial } from './exchange/denial.ts';
import { exchangeToken } from './exchange/exchange.ts';
import { createIdentityCache } from './rules/compiled-rules.ts';
import { inTime } from './timeout.ts';
import type { JsonObject } from './token/json.ts';
import { RATE_LIMITER_TIMEOUT_MS } from './http/limits.ts';
import { DEFAULT_ORGANISATION_ID } from './objects/model.ts';
import { inspectOwnToken, revokeOwnToken } from './exchange/token-standing.ts';
import type { InspectOwnToken, VerifyOwnToken } from './exchange/token-standing.ts';
import { StorageUnavailable } from './exchange/ports.ts';
import type { ExchangeDeps, SignerFor, SigningKeyState } from './exchange/ports.ts';
import { ok, refuse } from './exchange/result.ts';
import type { AppDeps } from './http/deps.ts';
import { sourceOf } from './http/source.ts';
import { createKeyMemory } from './issuers/key-memory.ts';
import type { KeyDeps } from './issuers/find-keys.ts';
import { kvCache } from './issuers/key-cache.ts';
import { createVerifier } from './issuers/verify-subject-token.ts';
import {
  algorithmFor,
  keyFaults,
  loadSigners,
  publishedKeys,
  signingKeyFor,
  unregisteredKeys,
} from './signing/own-keys.ts';
import { verifyOwnToken } from './signing/verify-own-token.ts';
import { signToken } from './signing/sign.ts';
import { readCredentialFacts, recordCredentialUse } from './store/access-credentials.ts';
import { recordGrant, recordRefusal } from './store/decisions.ts';
import { readExchangeFacts } from './store/exchange-facts.ts';
import { grantEventId } from './store/grant-event-id.ts';
import { readTokenStanding, revokeToken } from './store/revoked-tokens.ts';
import { checkSchema } from './store/schema-check.ts';
import { readSigningKeys, registerSigningKeys } from './store/signing-keys.ts';

/** What a Worker gets from the platform; tests give their own clock and network. */
export interface Outside {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Epoch seconds. */
  readonly now: () => number;
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly log: (event: Readonly<Record<string, unknown>>) => void;
}

/** Composes the dependencies of the application. Settings at fault leave their parts out, and the doors answer 503. */
export function compose(env: Settings, outside: Outside): AppDeps {
  const config = parseConfig(env);
  const signers = signersOf(config);
  const keyDeps = lazily(() => composeKeys(config, outside));
  const exchangeDeps = lazily(() => composeExchange(config, keyDeps(), signers));
  const verify: VerifyOwnToken = (compact, now) =>
    verifyOwnToken(compact, { bundle: needed(config.signingKeys), issuerUrl: needed(config.issuerUrl), now });
  const inspectToken: InspectOwnToken = (compact, now) =>
    inspectOwnToken(compact, now, {
      verify,
      readStanding: (token) => readTokenStanding(needed(config.db), token),
    });
  return {
    config,
    exchange: (request, trace) => exchangeToken(request, exchangeDeps(), trace),
    grantToCredential: (request, trace) => {
      const db = needed(config.db);
      return grantToCredential(
        request,
        {
          ...exchangeDeps(),
          readCredentialFacts: (accessKey) => readCredentialFacts(db, accessKey),
          recordCredentialUse: (use) => recordCredentialUse(db, use),
          defaultAudience: needed(config.defaultAudience),
        },
        trace,
      );
    },
    inspectToken,
    revokeToken: (compact, context) =>
      revokeOwnToken(compact, context, {
        verify,
        record: (revocation) => revokeToken(needed(config.db), newId('evt'), revocation),
      }),
    publishedKeys: async (now) => {
      const loaded = await signers();
      if (!loaded.ok) return refuse(cannotSign(loaded.error.join('; ')));
      const bundle = needed(config.signingKeys);
      const db = needed(config.db);
      return ok(publishedKeys(bundle, await registered(config, db, await readSigningKeys(db), now, signers), now));
    },
    signingAlgorithms: signingAlgorithms(config),
    readinessFaults: (now) => readinessFaults(config, now, signers),
    mayProceed: (caller) => mayProceed(config, outside, caller),
    iam: lazilyLoaded(async () => {
      const { composeIam } = await import('./wiring-iam.ts');
      return composeIam({
        config,
        outside,
        keyDeps,
        exchangeDeps,
        inspectToken,
        newId,
        register: (db, states, now) => registered(config, db, states, now, signers),
      });
    }),
    now: outside.now,
    log: outside.log,
  };
}

/** How issuers' keys are reached; one memory for all who need them. */
function composeKeys(config: Config, outside: Outside): KeyDeps {
  return {
    fetch: outside.fetch,
    cache: kvCache(needed(config.cache)),
    waitUntil: outside.waitUntil,
    ownOrigins: [needed(config.issuerUrl)],
    allowLoopback: config.allowLoopbackIssuers,
    log: outside.log,
    memory: createKeyMemory(),
  };
}

function composeExchange(config: Config, keyDeps: KeyDeps, signers: LoadSigners): ExchangeDeps {
  const db = needed(config.db);
  const issuerUrl = needed(config.issuerUrl);
  return {
    readFacts: (query) => readExchangeFacts(db, DEFAULT_ORGANISATION_ID, query),
    verifySubjectToken: createVerifier(keyDeps),
    compileIdentities: createIdentityCache({ issuerUrl, defaultAudience: needed(config.defaultAudience) }),
    recordGrant: (record) => recordGrant(db, record),
    recordRefusal: (event, fetched) => recordRefusal(db, event, fetched),
    signerFor: createSigner(config, db, signers),
    newId,
    grantEventId: (requestId) => grantEventId(requestId) ?? newId('evt'),
    newTokenId: () => crypto.randomUUID(),
    issuerUrl,
    defaultOrganisationId: DEFAULT_ORGANISATION_ID,
  };
}

/** Signs with the key that D1 says is active, and with no other: where that one is not in the bundle, nothing is signed. */
function createSigner(config: Config, db: D1Database, signers: LoadSigners): SignerFor {
  const bundle = needed(config.signingKeys);
  return async (purpose, states, now) => {
    const loaded = await signers();
    if (!loaded.ok) return refuse(cannotSign(loaded.error.join('; ')));
    const active = signingKeyFor(bundle, await registered(config, db, states, now, signers), purpose);
    if (!active.ok) return refuse(cannotSign(active.error));
    const signer = loaded.value.get(active.value.kid);
    if (signer === undefined) return refuse(cannotSign(`signing key ${active.value.kid} is not loaded`));
    return ok((claims: JsonObject) => signToken(claims, purpose, signer));
  };
}

function cannotSign(detail: string): Denial {
  return denial(
    'configuration_invalid',
    'this deployment cannot sign tokens at the moment; its operator finds why at /readyz',
    detail,
  );
}

type LoadSigners = () => Promise<Awaited<ReturnType<typeof loadSigners>>>;

/** Imports the bundle once. The result is kept and not the promise, which another request must not await. */
function signersOf({ signingKeys }: Config): LoadSigners {
  let loaded: Awaited<ReturnType<typeof loadSigners>> | null = null;
  return async () => {
    if (loaded !== null) return loaded;
    const fresh = await loadSigners(needed(signingKeys));
    loaded = fresh;
    return fresh;
  };
}

/** The states of all keys, after recording those that the secret has and D1 did not know; none of a bundle that cannot sign, or a broken key would become the active one. */
async function registered(
  config: Config,
  db: D1Database,
  states: readonly SigningKeyState[],
  now: number,
  signers: LoadSigners,
): Promise<readonly SigningKeyState[]> {
  const missing = unregisteredKeys(needed(config.signingKeys), states);
  if (missing.length === 0 || !(await signers()).ok) return states;
  return registerSigningKeys(db, missing, now);
}

function signingAlgorithms({ signingKeys }: Config): readonly string[] {
  if (signingKeys === null) return [];
  const purposes = [algorithmFor(signingKeys, 'id_token'), algorithmFor(signingKeys, 'access_token')];
  return [...new Set(purposes.filter((alg) => alg !== undefined))];
}

async function readinessFaults(config: Config, now: number, signers: LoadSigners): Promise<ConfigFault[]> {
  const { db, cache, signingKeys } = config;
  const faults: ConfigFault[] = [];
  const loaded = signingKeys === null ? null : await signers();
  if (loaded?.ok === false)
    faults.push(...loaded.error.map((detail): ConfigFault => ({ setting: 'SIGNING_KEYS', detail })));
  if (db !== null) {
    try {
      const states = await readSigningKeys(db);
      if (signingKeys !== null) {
        const known = await registered(config, db, states, now, signers);
        faults.push(
          ...keyFaults(signingKeys, known).map((detail): ConfigFault => ({ setting: 'SIGNING_KEYS', detail })),
        );
      }
      await checkSchema(db);
    } catch (error) {
      faults.push({ setting: 'DB', detail: storageFault(error) });
    }
  }
  if (cache !== null) {
    try {
      await kvCache(cache).get('readyz');
    } catch (error) {
      faults.push({ setting: 'CACHE', detail: `CACHE does not answer: ${String(error)}` });
    }
  }
  return faults;
}

/** What keeps D1 from its work, and what to do; a fault of the schema is told by SQLite's words for it. */
function storageFault(error: unknown): string {
  const cause = error instanceof StorageUnavailable ? String(error.cause) : String(error);
  const missing = /no such (?:table|index): \w+/.exec(cause)?.[0];
  if (missing !== undefined)
    return `DB lacks tables or indexes (${missing}): apply schema.sql (npm run deploy does it first)`;
  const column = /no such column: [\w.]+|has no column named \w+/.exec(cause)?.[0];
  if (column !== undefined)
    return `DB has tables of another version (${column}): add the column as schema.sql has it, which does not change tables that exist`;
  return `DB does not answer: ${cause}`;
}

/** Load shedding protects capacity, not access: where the limiter itself fails or hangs, the request goes on to every check. */
async function mayProceed({ rateLimiter }: Config, { log }: Outside, caller: string): Promise<boolean> {
  if (rateLimiter === null) return true;
  try {
    return (await inTime(rateLimiter.limit({ key: sourceOf(caller) }), RATE_LIMITER_TIMEOUT_MS)).success;
  } catch (error) {
    log({ level: 'error', event: 'rate_limiter.failed', detail: String(error) });
    return true;
  }
}

function newId(prefix: string): string {
  return typeidUnboxed(prefix);
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

/** The same for what has to be loaded. The value is kept and not the promise, which another request must not await. */
function lazilyLoaded<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: { readonly value: T } | null = null;
  return async () => (loaded ??= { value: await load() }).value;
}

/** A setting whose absence the door has already answered with 503. */
function needed<T>(setting: T | null): T {
  if (setting === null)
    throw new Error('a setting at fault was used; the endpoint does not list it among those it needs');
  return setting;
}
