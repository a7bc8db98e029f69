// The part of the composition root that only the IAM API needs, loaded with it: a cold exchange evaluates none of this.

import { faultsOf, KEY_SETTINGS } from './config.ts';
import type { Config } from './config.ts';
import { explainExchange } from './exchange/explain.ts';
import type { ExplainQuery } from './exchange/explain.ts';
import type { ExchangeDeps } from './exchange/ports.ts';
import { ok } from './exchange/result.ts';
import type { InspectOwnToken } from './exchange/token-standing.ts';
import type { IamDeps } from './http/iam/deps.ts';
import { writeShedding } from './http/load-shedding.ts';
import { checkIssuer } from './issuers/check-issuer.ts';
import { fetchIssuerKeys } from './issuers/discovery.ts';
import type { KeyDeps } from './issuers/find-keys.ts';
import { readLocalKeys, validateLocalJwks } from './issuers/jwk-set.ts';
import { storeIssuerKeys } from './issuers/key-cache.ts';
import { shownKeys } from './issuers/verification-key.ts';
import { createVerifier } from './issuers/verify-subject-token.ts';
import { newId } from './new-id.ts';
import type { IssuerPort } from './objects/issuer-port.ts';
import type { KeysInUse } from './signing/keys-in-use.ts';
import { readExplainFacts, readIssuers } from './store/explain-facts.ts';
import { createIamStore } from './store/iam-store.ts';
import { composeSigningKeys } from './wiring-keys.ts';
import type { Outside } from './wiring.ts';

/** What the API shares with the exchange. */
export interface Shared {
  readonly config: Config;
  readonly outside: Outside;
  readonly keyDeps: () => KeyDeps;
  readonly exchangeDeps: () => ExchangeDeps;
  readonly inspectToken: InspectOwnToken;
  readonly keysInUse: () => KeysInUse;
}

/** Composes what the IAM API is given. Settings at fault leave their parts out, and its routes answer 503. */
export function composeIam(shared: Shared): IamDeps {
  const { config, outside } = shared;
  if (config.db === null) throw new Error('the IAM API needs DB');
  return {
    store: createIamStore(config.db, config.archive),
    config,
    mayWrite: writeShedding(config.rateLimiter, outside.log),
    now: outside.now,
    newId,
    validateLocalJwks,
    readLocalKeys,
    inspectToken: config.signingKeys === null || config.issuerUrl === null ? null : shared.inspectToken,
    signingKeys: composeSigningKeys(config, shared.keysInUse),
    issuers: composeIssuers(shared),
    explain: composeExplain(shared),
    log: outside.log,
  };
}

function composeIssuers({ config, keyDeps }: Shared): IssuerPort | null {
  if (faultsOf(config, ['CACHE', 'ISSUER_URL', 'ALLOW_LOOPBACK_ISSUERS']).length > 0) return null;
  return {
    fetchKeys: async (provider, now) => {
      const fetched = await fetchIssuerKeys(provider, keyDeps());
      if (!fetched.ok) return fetched;
      return ok({
        keys: fetched.value.keys.flatMap(shownKeys),
        keep: (next) => storeIssuerKeys(next, fetched.value, now, keyDeps()),
      });
    },
    check: (provider, now) => checkIssuer(provider, now, keyDeps()),
  };
}

/** Explains over the exchange's own functions, but writes nowhere: keys that it has to fetch stay in this isolate's memory. */
function composeExplain({ config, keyDeps, exchangeDeps }: Shared): IamDeps['explain'] {
  const { db, defaultAudience } = config;
  const needed = ['CACHE', 'ISSUER_URL', 'DEFAULT_AUDIENCE', ...KEY_SETTINGS] as const;
  if (db === null || defaultAudience === null || faultsOf(config, needed).length > 0) return null;
  const deps = {
    readFacts: exchangeDeps().readFacts,
    readHeldRoles: exchangeDeps().readHeldRoles,
    compileIdentities: exchangeDeps().compileIdentities,
    issuerUrl: exchangeDeps().issuerUrl,
    verifySubjectToken: createVerifier({ ...keyDeps(), cache: { ...keyDeps().cache, put: async () => undefined } }),
    readExplainFacts: (query: ExplainQuery) => readExplainFacts(db, defaultAudience, query),
    readIssuers: (organisationId: string) => readIssuers(db, organisationId),
  };
  return (request) => explainExchange(request, deps);
}
