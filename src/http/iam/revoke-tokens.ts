// POST …/{id}/revoke-tokens of a service account or a federated identity (contract §3): ends every token that it has issued so far.

import type { ObjectDefinition, RecordOf } from '../../objects/definition.ts';
import { nextVersion } from '../../objects/records.ts';
import { answerSchema } from '../../objects/schemas.ts';
import { withTokensEnded } from '../../objects/tokens-not-before.ts';
import { federatedIdentities } from './federated-identities.ts';
import { changeObject } from './object-operations.ts';
import type { Resource } from './object-operations.ts';
import type { IamRoute } from './routing.ts';
import { serviceAccounts } from './service-accounts.ts';

/** The routes; ending tokens gives nothing away, so it needs no more than `iam:write`. */
export const revokeTokensRoutes: readonly IamRoute[] = [
  revokeTokensRoute(serviceAccounts, (account, now) => withTokensEnded(account, now)),
  revokeTokensRoute(federatedIdentities, (identity, now) => withTokensEnded(identity, now)),
];

function revokeTokensRoute<D extends ObjectDefinition>(
  resource: Resource<D>,
  end: (record: RecordOf<D>, now: number) => RecordOf<D>,
): IamRoute {
  const { noun, path } = resource.object;
  return {
    scope: 'iam:write',
    operation: (request) =>
      changeObject(resource, request, 'revoke_tokens', (current) =>
        nextVersion<D>(end(current, request.now), request.now),
      ),
    config: {
      method: 'post',
      path: `${path}/{id}/revoke-tokens`,
      summary: `End every token of a ${noun} that was issued so far`,
      description:
        'At introspection and in the API of this service, at once. Tokens that are issued afterwards count. Verifiers that ask nobody accept the ended ones until they expire.',
      tag: noun,
      answer: { description: 'As it is now', schema: answerSchema(resource.object) },
    },
  };
}
