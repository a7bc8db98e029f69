// Identity providers (contract §5.1): what may be registered as an issuer, and what is special to providers among the objects of the API.

import { identityProvider } from '../../objects/identity-provider.ts';
import type { IdentityProviderInput, IdentityProviderRecord } from '../../objects/identity-provider.ts';
import { MAX_PROVIDERS_OF_ONE_ISSUER } from '../../objects/limits.ts';
import { withTokensSettled } from '../../objects/tokens-not-before.ts';
import { fetchableUrlFault, issuerFault } from '../../token/issuer-address.ts';
import type { IssuerRules } from '../../token/issuer-address.ts';
import { ok, refuse } from '../../exchange/result.ts';
import { presetByName } from '../../platforms/presets.ts';
import type { Fault } from '../problem.ts';
import type { IamRequest } from './deps.ts';
import { fault, invalid } from './faults.ts';
import { permitProvider } from './may-grant.ts';
import type { Draft } from './members.ts';
import { draftObject } from './new-object.ts';
import { faultsOf } from './object-operations.ts';
import { noOrganisation } from './object-problems.ts';
import type { Resource } from './object-operations.ts';

export const identityProviders: Resource<typeof identityProvider> = {
  object: identityProvider,
  store: (store) => store.identityProviders,
  async create(request, draft) {
    const provider = withLocalKeys(draftObject(identityProvider, request, '', draft.values), request);
    const faults = faultsOf(identityProviders, request, provider, draft, null);
    if (faults.length > 0) return refuse(invalid(faults));
    const organisation = await request.deps.store.readOrganisation(request.caller.organisation);
    if (organisation === null) return refuse(noOrganisation(request));
    return ok({ ...provider, organisationId: organisation.id });
  },
  faults: providerFaults,
  settle(next, before, request) {
    const settled = withTokensSettled(next, before, ({ status }) => status === 'active', request.now);
    if (settled.localJwks !== null) return withLocalKeys(settled, request);
    return before.localJwks === null ? settled : { ...settled, keys: [], localKeyIds: [] };
  },
  permit: permitProvider,
  references: ({ providerIssuer }) => ({ issuer: providerIssuer }),
  uniqueIn: 'another identity provider of this organisation',
  sharing: {
    issuer: `; up to ${MAX_PROVIDERS_OF_ONE_ISSUER} may share one if each has its keys in localJwks and no key in common, as clusters do that kept the default issuer: the key that verifies a token selects the provider`,
  },
  inUse: 'federated identities use this identity provider; delete them first',
};

/** The rules that look at the whole provider; a member that already has a fault gets no second one. */
function providerFaults(
  request: IamRequest,
  provider: IdentityProviderRecord,
  draft: Draft<IdentityProviderInput>,
): Fault[] {
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

/** A provider with what follows from keys given by hand: the view names those that verify, and none may be another's. */
function withLocalKeys<P extends Pick<IdentityProviderRecord, 'localJwks' | 'preset' | 'keys' | 'localKeyIds'>>(
  provider: P,
  { deps }: IamRequest,
): P {
  if (provider.localJwks === null) return provider;
  const { keys, ids } = deps.readLocalKeys({ keys: provider.localJwks.keys }, presetByName(provider.preset).jwtSvid);
  return { ...provider, keys, localKeyIds: ids };
}
