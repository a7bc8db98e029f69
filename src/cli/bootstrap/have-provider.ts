// The identity provider of a plan: found, made, or refused if somebody decided otherwise how its tokens verify.

import type { IdentityProviderView } from '../../objects/identity-provider.ts';
import { defaultsOf } from '../apply/kinds.ts';
import { mayShareIssuer } from '../apply/shared-issuer.ts';
import { CliFailure } from '../failure.ts';
import { createObject, updateObject } from './bring-object.ts';
import type { Work } from './bring-object.ts';
import type { Plan } from '../../bootstrap/build-plan.ts';
import { isBootstrapped } from '../../bootstrap/labels.ts';
import { differencesOf } from './show-change.ts';
import type { Difference } from './show-change.ts';

/** Members that decide which tokens verify, and who their subject is. */
const DECIDING = ['preset', 'localJwks', 'providerJwksUri', 'allowedAlgorithms', 'maxTokenLifetime', 'subjectClaim'];
const KEY_MEMBERS: ReadonlySet<string> = new Set(['localJwks', 'providerJwksUri']);

/** How a provider decides that is not what the plan would make of it. */
function decidingDifferences({ provider }: Plan, present: IdentityProviderView): readonly Difference[] {
  const wanted: Readonly<Record<string, unknown>> = { ...defaultsOf('provider', { ...provider }), ...provider };
  return differencesOf(Object.fromEntries(DECIDING.map((member) => [member, wanted[member]])), { ...present });
}

/** The provider of the plan's issuer; of several, the one that is as the plan wants it. */
function providerOf(plan: Plan, all: readonly IdentityProviderView[]): IdentityProviderView | undefined {
  const present = all.filter((one) => one.providerIssuer === plan.provider.providerIssuer);
  return present.find((one) => decidingDifferences(plan, one).length === 0) ?? present[0];
}

function foreignProvider(plan: Plan, present: IdentityProviderView, differences: readonly Difference[]): CliFailure {
  const { identity, name } = present;
  // Its keys would not verify the tokens of this cluster, so joining it is no way out.
  const isOtherCluster = mayShareIssuer({ ...plan.provider }, { ...present });
  const isKeysAlone = differences.every(({ member }) => KEY_MEMBERS.has(member));
  return new CliFailure(
    `The identity provider ${identity} (${name}) is not what this command would have made: it differs in ` +
      `${differences.map(({ member }) => member).join(', ')}. Nothing was written: whoever made it so decides who gets in.`,
    {
      code: 'provider_differs',
      next:
        `\`cambist providers show ${identity}\` shows it, \`cambist audit --action identity_provider.update\` who changed it.` +
        (isOtherCluster
          ? ' If it is another cluster with the same issuer, create a provider with the keys of this one (`cambist providers create`) ' +
            'and its rule (`cambist identities create`): the key that verifies a token selects the provider.'
          : isKeysAlone
            ? ' If its keys are the right ones, pass --accept-provider-keys.'
            : ' Put it right, or use another organisation.'),
    },
  );
}

/** Has the identity provider of a plan; one that somebody set up otherwise is refused, since that decides who gets in. */
export async function haveProvider(work: Work): Promise<IdentityProviderView | null> {
  const { api, plan, asked, labels, mode } = work;
  const what = 'Identity provider';
  const path = '/federated-identity-providers';
  const all = await api.list<IdentityProviderView>(path);
  const present = providerOf(plan, all);
  if (present === undefined) {
    const { name: usualName } = plan.provider;
    const name = all.some((one) => one.name === usualName) ? `${usualName} ${plan.key}` : usualName;
    return await createObject(work, { what, name }, () =>
      api.post<IdentityProviderView>(path, { ...plan.provider, name, status: 'active', labels }),
    );
  }
  const deciding = decidingDifferences(plan, present).filter(
    ({ member }) => !(asked.acceptsProviderKeys && KEY_MEMBERS.has(member)),
  );
  // Whoever made it otherwise decides who gets in; the label of a bootstrap proves nothing about who that was.
  if (deciding.length > 0 && !(mode.mayUpdate && isBootstrapped(present)))
    throw foreignProvider(plan, present, deciding);
  const differences = [...deciding, ...differencesOf({ status: 'active' }, { ...present })];
  // Others may depend on how somebody set it up.
  const differs = 'not made by bootstrap: change it yourself if you agree';
  return await updateObject(work, what, path, present, differences, { differs });
}
