// POST …/{id}/refresh and …/{id}/check of an identity provider (contract §5.1): fetch its keys now, and say what is wrong with its issuer.

import { issuerCheckSchema } from '../../objects/issuer-check.ts';
import type { IssuerCheckView } from '../../objects/issuer-check.ts';
import type { IdentityProviderRecord } from '../../objects/identity-provider.ts';
import { recordChanges } from '../../objects/recorded-changes.ts';
import type { JsonObject } from '../../token/json.ts';
import { answerSchema } from '../../objects/schemas.ts';
import { VERDICTS } from '../../objects/issuer-port.ts';
import type { IssuerPort, RefreshedKeys } from '../../objects/issuer-port.ts';
import { MAX_FETCH_ERROR_CHARS, MAX_UPDATE_ATTEMPTS } from '../limits.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import type { Problem } from '../problem.ts';
import { changeEvent } from './change-event.ts';
import type { IamRequest, Operation } from './deps.ts';
import { identityProviders } from './identity-providers.ts';
import { answerOf, findObject } from './object-operations.ts';
import type { IamRoute, RouteDescription } from './routing.ts';

type Answer = ReturnType<Operation>;

async function refreshKeys(request: IamRequest): Answer {
  const found = await findObject(identityProviders, request);
  if (!found.ok) return found;
  const issuers = issuersOf(request);
  if (!issuers.ok) return issuers;
  const current = found.value;
  if (current.localJwks !== null) {
    const detail = 'there is nothing to fetch: the keys are given by hand in localJwks, so change them there';
    return refuse({ kind: 'nothing-to-fetch', detail });
  }
  const fetched = await issuers.value.fetchKeys(current, request.now);
  if (!fetched.ok) {
    // The keys that are in use stay in use: only a success raises the version that caches are keyed on.
    const error = fetched.error.slice(0, MAX_FETCH_ERROR_CHARS);
    if (!request.isJudgement) await request.deps.store.providerKeys.recordFailure(current, error);
    const detail = `the keys of the issuer could not be fetched, and those in use stay: ${error}`;
    return refuse({ kind: 'issuer-failing', detail });
  }
  return await takeIntoUse(request, current, fetched.value);
}

/** Writes the new version. If another refresh came first, the keys just fetched are still the newer ones. */
async function takeIntoUse(request: IamRequest, seen: IdentityProviderRecord, { keys, keep }: RefreshedKeys): Answer {
  const { deps, now } = request;
  let current = seen;
  for (let attempt = 0; attempt < MAX_UPDATE_ATTEMPTS && isSameSource(current, seen); attempt += 1) {
    const next: IdentityProviderRecord = {
      ...current,
      keysVersion: current.keysVersion + 1,
      keys,
      lastFetchedAt: now,
      lastFetchError: null,
    };
    const event = changeEvent(request, {
      organisationId: next.organisationId,
      action: 'identity_provider.refresh',
      issuer: next.providerIssuer,
      changes: recordChanges(answerOf(identityProviders, current, now), answerOf(identityProviders, next, now)),
    });
    const written = await deps.store.providerKeys.recordRefresh(next, current.keysVersion, event);
    if (written.outcome === 'done') {
      // After the write: under a version that is not the row's, keys could outlive their withdrawal.
      if (!request.isJudgement) await keep(next);
      return ok({
        status: 200,
        body: answerOf(identityProviders, next, now),
        headers: { etag: `"${next.objectVersion}"` },
      });
    }
    const found = await findObject(identityProviders, request);
    if (!found.ok) return found;
    current = found.value;
  }
  const detail = 'where the keys come from was changed meanwhile; try again';
  return refuse({ kind: 'changed-meanwhile', detail });
}

function isSameSource(left: IdentityProviderRecord, right: IdentityProviderRecord): boolean {
  return left.providerJwksUri === right.providerJwksUri && left.localJwks === null && left.preset === right.preset;
}

async function checkIssuer(request: IamRequest): Answer {
  const found = await findObject(identityProviders, request);
  if (!found.ok) return found;
  const issuers = issuersOf(request);
  if (!issuers.ok) return issuers;
  const { id, providerIssuer: issuer } = found.value;
  const checks = await issuers.value.check(found.value, request.now);
  const worst = Math.max(...checks.map(({ verdict }) => VERDICTS.indexOf(verdict)));
  const view: IssuerCheckView = { identity: id, providerIssuer: issuer, verdict: VERDICTS[worst] ?? 'failed', checks };
  return ok({ status: 200, body: view });
}

function issuersOf({ deps }: IamRequest): Result<IssuerPort, Problem> {
  if (deps.issuers !== null) return ok(deps.issuers);
  return refuse({ kind: 'unavailable', detail: 'this deployment lacks a setting; /readyz names it' });
}

const route = (
  path: string,
  summary: string,
  description: string,
  answer: string,
  schema: JsonObject,
): RouteDescription => ({
  method: 'post',
  path,
  summary,
  description,
  tag: 'identity provider',
  answer: { description: answer, schema },
});

export const providerKeyRoutes: readonly IamRoute[] = [
  {
    scope: 'iam:write',
    operation: refreshKeys,
    config: route(
      '/v1/federated-identity-providers/{id}/refresh',
      "Fetch the issuer's keys now",
      'On success the new keys hold everywhere at once; on failure the keys in use stay in use.',
      'The provider with its new keys',
      answerSchema(identityProviders.object),
    ),
  },
  {
    scope: 'iam:read',
    operation: checkIssuer,
    config: route(
      '/v1/federated-identity-providers/{id}/check',
      'Say what is wrong with an issuer, and what mends it',
      'Looks at discovery, issuer, keys, algorithms and clock, as far as it gets; changes nothing.',
      'The findings',
      issuerCheckSchema,
    ),
  },
];
