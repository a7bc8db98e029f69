// Identity providers (contract §5.1): what may be registered as an issuer, and what is special to providers among the objects of the API.

import { PROVIDER_STATUSES, identityProviderContract } from '../../objects/identity-provider.ts';
import type { IdentityProviderInput, IdentityProviderView } from '../../objects/identity-provider.ts';
import { formatTimestamp } from '../../objects/values.ts';
import type { IdentityProviderRecord } from '../../objects/storage.ts';
import { fetchableUrlFault, issuerFault } from '../../token/issuer.ts';
import type { IssuerRules } from '../../token/issuer.ts';
import type { JsonObject } from '../../token/json.ts';
import { MAX_TOKEN_LIFETIME_SECONDS } from '../../rules/limits.ts';
import { DEFAULT_ALGORITHMS } from '../../objects/model.ts';
import { ok, refuse } from '../../exchange/result.ts';
import { detectPreset, presetByName } from '../../platforms/presets.ts';
import type { Fault } from '../problem.ts';
import type { IamRequest } from './deps.ts';
import { fault, invalid } from './faults.ts';
import type { Draft } from './members.ts';
import { changedMeta, newMeta } from './new-object.ts';
import { noOrganisation } from './object-operations.ts';
import type { Resource } from './object-operations.ts';
import { permitProvider } from './may-grant.ts';

export const identityProviders: Resource<IdentityProviderInput, IdentityProviderRecord> = {
  noun: 'identity provider',
  action: 'identity_provider',
  idPrefix: 'idp',
  statuses: PROVIDER_STATUSES,
  filters: ['name', 'slug', 'identity', 'status'],
  contract: identityProviderContract,
  store: (store) => store.identityProviders,
  view: identityProviderView,
  warnings: null,
  async create(request, draft) {
    const { values } = draft;
    const issuer = values.providerIssuer ?? '';
    const provider: IdentityProviderRecord = {
      ...newMeta(values, request.now),
      id: request.deps.newId('idp'),
      organisationId: '',
      providerIssuer: issuer,
      providerJwksUri: values.providerJwksUri || null,
      localJwks: values.localJwks ?? null,
      status: values.status ?? 'active',
      preset: values.preset ?? detectPreset(issuer),
      allowedAlgorithms: values.allowedAlgorithms ?? DEFAULT_ALGORITHMS,
      maxTokenLifetime: values.maxTokenLifetime ?? MAX_TOKEN_LIFETIME_SECONDS,
      subjectClaim: values.subjectClaim ?? 'sub',
      keysVersion: 1,
      keys: [],
      lastFetchedAt: null,
      lastFetchError: null,
    };
    const faults = [...draft.faults, ...faultsOf(request, provider, draft)];
    if (faults.length > 0) return refuse(invalid(faults));
    const organisation = await request.deps.store.readOrganisation(request.caller.organisation);
    if (organisation === null) return refuse(noOrganisation(request));
    return ok({ ...provider, organisationId: organisation.id });
  },
  change(request, current, draft) {
    const { values } = draft;
    const next: IdentityProviderRecord = {
      ...current,
      ...changedMeta(current, values),
      // undefined leaves it, null clears it; so does an empty text, from clients that leave null out.
      providerJwksUri: values.providerJwksUri === undefined ? current.providerJwksUri : values.providerJwksUri || null,
      localJwks: values.localJwks === undefined ? current.localJwks : values.localJwks,
      status: values.status ?? current.status,
      preset: values.preset ?? current.preset,
      allowedAlgorithms: values.allowedAlgorithms ?? current.allowedAlgorithms,
      maxTokenLifetime: values.maxTokenLifetime ?? current.maxTokenLifetime,
      subjectClaim: values.subjectClaim ?? current.subjectClaim,
    };
    const faults = [...draft.faults, ...faultsOf(request, next, draft)];
    return faults.length > 0 ? refuse(invalid(faults)) : ok(next);
  },
  permit: permitProvider,
  references: (provider) => ({ serviceAccountId: null, federatedIdentityId: null, issuer: provider.providerIssuer }),
  duplicate: (column) =>
    column === 'issuer'
      ? fault(['providerIssuer'], 'another identity provider of this organisation has this issuer')
      : fault(['name'], 'another identity provider of this organisation has this name'),
  inUse: 'federated identities use this identity provider; delete them first',
  limit: null,
};

/** The rules that look at the whole provider; a member that already has a fault gets no second one. */
function faultsOf(request: IamRequest, provider: IdentityProviderRecord, draft: Draft<IdentityProviderInput>): Fault[] {
  const faults: Fault[] = [];
  const report = (member: keyof IdentityProviderInput, detail: string | null): void => {
    if (detail !== null && draft.isSound(member)) faults.push(fault([member], detail));
  };
  const { jwtSvid } = presetByName(provider.preset);
  const rules: IssuerRules = {
    allowLoopback: request.deps.config.allowLoopbackIssuers,
    ownOrigins: [request.issuerUrl, request.url.origin],
    preset: provider.preset,
    localJwks: provider.localJwks !== null,
  };
  report('providerIssuer', issuerFault(provider.providerIssuer, rules));
  if (provider.providerJwksUri !== null) report('providerJwksUri', fetchableUrlFault(provider.providerJwksUri, rules));
  if (provider.localJwks !== null && draft.isSound('localJwks')) {
    for (const detail of request.deps.validateLocalJwks({ keys: provider.localJwks.keys }, jwtSvid))
      report('localJwks', detail);
  }
  if (jwtSvid && provider.providerJwksUri === null && provider.localJwks === null && draft.isSound('localJwks')) {
    report('providerJwksUri', 'is required with the preset spiffe, unless localJwks is given: SPIFFE has no discovery');
  }
  return faults;
}

function shownKey({ kid, alg }: JsonObject): IdentityProviderView['keys'][number] {
  return { kid: typeof kid === 'string' ? kid : null, alg: typeof alg === 'string' ? alg : null };
}

/** A provider as the API answers it. */
export function identityProviderView(provider: IdentityProviderRecord): IdentityProviderView & JsonObject {
  return {
    identity: provider.id,
    name: provider.name,
    description: provider.description,
    labels: provider.labels,
    annotations: provider.annotations,
    providerIssuer: provider.providerIssuer,
    providerJwksUri: provider.providerJwksUri,
    localJwks: provider.localJwks,
    status: provider.status,
    preset: provider.preset,
    allowedAlgorithms: provider.allowedAlgorithms,
    maxTokenLifetime: provider.maxTokenLifetime,
    subjectClaim: provider.subjectClaim,
    keys: provider.localJwks === null ? provider.keys : provider.localJwks.keys.map(shownKey),
    lastFetchedAt: provider.lastFetchedAt === null ? null : formatTimestamp(provider.lastFetchedAt),
    lastFetchError: provider.lastFetchError,
    createdAt: formatTimestamp(provider.createdAt),
    updatedAt: formatTimestamp(provider.updatedAt),
    objectVersion: provider.objectVersion,
  };
}
