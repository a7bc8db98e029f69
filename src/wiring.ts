// The composition root, wiring alone: joins doors, rules, storage, issuers' keys and our own keys over one set of settings.

import { needed, parseConfig } from './config.ts';
import type { Config, Settings } from './config.ts';
import { exchangeToken } from './exchange/exchange.ts';
import { createFactsMemory } from './exchange/facts-memory.ts';
import { createIdentityCache } from './rules/compiled-rules.ts';
import type { MadeKey } from './objects/key-rotation.ts';
import { DEFAULT_ORGANISATION_ID } from './objects/organisation.ts';
import { StorageUnavailable } from './exchange/ports.ts';
import type { ExchangeDeps } from './exchange/ports.ts';
import { newId } from './new-id.ts';
import type { AppDeps } from './http/deps.ts';
import { loadShedding } from './http/load-shedding.ts';
import type { ReadinessCheck } from './http/health.ts';
import { createKeyMemory } from './issuers/key-memory.ts';
import type { KeyDeps } from './issuers/find-keys.ts';
import { cacheFaults, kvCache } from './issuers/key-cache.ts';
import { createVerifier } from './issuers/verify-subject-token.ts';
import { createKeysInUse } from './signing/keys-in-use.ts';
import type { KeysInUse } from './signing/keys-in-use.ts';
import { MAKE_KEYS_AFTER_MS } from './signing/limits.ts';
import { keysAtHand, signingAlgorithms } from './signing/own-keys.ts';
import { createDecisionRecorder } from './store/decisions.ts';
import { createEventAllowance } from './store/event-allowance.ts';
import { readExchangeFacts, readHeldRoles } from './store/exchange-facts.ts';
import { grantEventId } from './store/request-ids.ts';
import { keepSealedKey, readSealedKeys, readSigningKeys, registerSigningKeys } from './store/signing-keys.ts';
import type { KeyName } from './store/signing-keys.ts';

/** What a Worker gets from the platform; tests give their own clock and network. */
export interface Outside {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Epoch seconds. */
  readonly now: () => number;
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly log: (event: Readonly<Record<string, unknown>>) => void;
}

/** What the schedule is given. */
export interface Schedule {
  /** Makes, forgets and rotates our own keys as they need it; the line for the log. Throws StorageUnavailable. */
  readonly tendKeys: () => Promise<object>;
}

/** Composes the dependencies of the application. Settings at fault leave their parts out, and the doors answer 503. */
export function compose(env: Settings, outside: Outside): AppDeps & Schedule {
  const config = parseConfig(env);
  const keys = lazily(() => composeKeysInUse(config, outside));
  const keyDeps = lazily(() => composeKeys(config, outside));
  const exchangeDeps = lazily(() => composeExchange(config, keyDeps(), keys()));
  const doors = lazilyLoaded(async () => (await import('./wiring-doors.ts')).composeDoors(config, exchangeDeps, keys));
  const composed: AppDeps & Schedule = {
    config,
    exchange: (request, trace) => exchangeToken(request, exchangeDeps(), trace),
    grantToCredential: async (request, trace) => (await doors()).grantToCredential(request, trace),
    authenticateCredential: async (client, now) => (await doors()).authenticateCredential(client, now),
    inspectToken: async (compact, now) => (await doors()).inspectToken(compact, now),
    revokeToken: async (compact, context) => (await doors()).revokeToken(compact, context),
    publishedKeys: (now) => keys().published(now),
    signingAlgorithms: config.signingKeys === null ? [] : signingAlgorithms(keysAtHand(config.signingKeys)),
    readinessChecks: composeChecks(config, keys),
    mayProceed: loadShedding(config.rateLimiter, outside.log),
    readMetrics: async (now) => {
      const [{ readMetrics }, { failingProviders }] = await Promise.all([
        import('./store/metrics.ts'),
        import('./issuers/failing-providers.ts'),
      ]);
      const failing = config.cache === null ? [] : failingProviders(keyDeps().memory, now);
      return readMetrics(needed(config.db), now, failing);
    },
    iam: lazilyLoaded(async () => {
      const { composeIam } = await import('./wiring-iam.ts');
      return composeIam({
        config,
        outside,
        keyDeps,
        exchangeDeps,
        inspectToken: async (compact, now) => (await doors()).inspectToken(compact, now),
        keysInUse: keys,
      });
    }),
    console: lazilyLoaded(async () => (await import('./wiring-console.ts')).composeConsole(composed)),
    tendKeys: async () => (await import('./wiring-keys.ts')).tendKeys(config, keys, outside),
    now: outside.now,
    log: outside.log,
  };
  return composed;
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

function composeKeysInUse({ db, signingKeys }: Config, { waitUntil, log }: Outside): KeysInUse {
  const storage = {
    read: async () => {
      // Asked by `/readyz` alone, which names both this setting and faults of the keys.
      if (db === null) throw new StorageUnavailable('DB is not bound');
      return readSigningKeys(db);
    },
    register: (missing: readonly KeyName[], now: number) => registerSigningKeys(needed(db), missing, now),
    readSealed: () => readSealedKeys(needed(db)),
    keep: (key: MadeKey, now: number) => keepSealedKey(needed(db), key, now),
  };
  const later = async (work: () => Promise<unknown>): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, MAKE_KEYS_AFTER_MS));
    await work();
  };
  return createKeysInUse(needed(signingKeys), storage, (work) =>
    waitUntil(
      later(work).catch((error: unknown) =>
        log({ level: 'error', event: 'signing_key.failed', detail: String(error) }),
      ),
    ),
  );
}

function composeExchange(config: Config, keyDeps: KeyDeps, keys: KeysInUse): ExchangeDeps {
  const db = needed(config.db);
  const issuerUrl = needed(config.issuerUrl);
  const defaultAudience = needed(config.defaultAudience);
  const defaults = { organisation: DEFAULT_ORGANISATION_ID, audience: defaultAudience };
  const recorder = createDecisionRecorder(db);
  const fit = createEventAllowance();
  const facts = createFactsMemory({
    facts: (query, subjectKeys) =>
      readExchangeFacts(db, defaults, query, subjectKeys, keys.wantsSealed() ? keys.learn : null),
    heldRoles: (organisationId, ids) => readHeldRoles(db, organisationId, ids),
  });
  return {
    readFacts: facts.read,
    knownFacts: facts.known,
    readHeldRoles: facts.heldRoles,
    verifySubjectToken: createVerifier(keyDeps),
    compileIdentities: createIdentityCache({ issuerUrl, defaultAudience }),
    recordGrant: (grant) => recorder.recordGrant({ ...grant, event: fit(grant.event) }),
    recordRefusal: recorder.recordRefusal,
    signerFor: keys.signerFor,
    newId,
    grantEventId: (requestId) => grantEventId(requestId) ?? newId('evt'),
    newTokenId: () => crypto.randomUUID(),
    issuerUrl,
    defaultOrganisationId: DEFAULT_ORGANISATION_ID,
  };
}

/** What has to work beyond the settings; a setting at fault is named by itself. */
function composeChecks({ db, cache, signingKeys }: Config, keys: () => KeysInUse): readonly ReadinessCheck[] {
  return [
    ...(signingKeys === null
      ? []
      : [{ setting: 'SIGNING_KEYS', examine: async (now: number) => keys().examine(now) } as const]),
    ...(db === null
      ? []
      : [
          {
            setting: 'DB',
            examine: async () => (await import('./store/schema-check.ts')).examineDatabase(db),
          } as const,
        ]),
    ...(cache === null
      ? []
      : [{ setting: 'CACHE', examine: async () => ({ faults: await cacheFaults(kvCache(cache)) }) } as const]),
  ];
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

function lazilyLoaded<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: { readonly value: T } | null = null;
  return async () => (loaded ??= { value: await load() }).value;
}
