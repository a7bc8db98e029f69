// Takes back what a bootstrap made for one workload, and nothing else: what others use or made is kept, and why is said.

import type { FederatedIdentityView } from '../../objects/federated-identity.ts';
import type { IdentityProviderView } from '../../objects/identity-provider.ts';
import type { RoleBindingView } from '../../objects/role-binding.ts';
import type { ServiceAccountView } from '../../objects/service-account.ts';
import type { Api, JsonMap } from '../api.ts';
import type { Change } from './show-change.ts';
import {
  BOOTSTRAP,
  bootstrapLabels,
  isBootstrapped,
  KEY,
  MANAGED_BY,
  matching,
  PLATFORM,
} from '../../bootstrap/labels.ts';
import type { Plan } from '../../bootstrap/build-plan.ts';
import { findAccount } from './apply-plan.ts';

/** Deletes the rule, its binding, and the account and provider if a bootstrap made them and nobody uses them any more. */
export async function undoPlan(api: Api, plan: Plan, isDryRun: boolean): Promise<readonly Change[]> {
  const labels = bootstrapLabels(plan.preset, plan.key);
  const outcome = isDryRun ? 'would be deleted' : 'deleted';
  const remove = async (path: string): Promise<void> => {
    if (!isDryRun) await api.delete(path);
  };
  const changes: Change[] = [];

  const rules = await api.list<FederatedIdentityView>('/federated-identities', matching(labels));
  for (const { identity, name } of rules) {
    await remove(`/federated-identities/${identity}`);
    changes.push({ what: 'Federated identity', outcome, identity, name });
  }
  if (rules.length === 0)
    changes.push({ what: 'Federated identity', outcome: 'not found', identity: null, name: `key ${plan.key}` });
  const gone = new Set(rules.map(({ identity }) => identity));

  const account = await findAccount(api, plan.accountName);
  if (account !== null) {
    const released = await removeBindings(api, account, labels, outcome, remove);
    changes.push(...released);
    changes.push(await removeAccount(api, account, gone, released, outcome, remove));
  }
  const provider = (await api.list<IdentityProviderView>('/federated-identity-providers')).find(
    ({ providerIssuer }) => providerIssuer === plan.provider.providerIssuer,
  );
  if (provider !== undefined) changes.push(await removeProvider(api, provider, gone, outcome, remove));
  return changes;
}

/** A rule of another bootstrap for the same issuer and subject, and the command that takes it back. */
export interface OtherBootstrap {
  readonly identity: string;
  readonly name: string;
  readonly serviceAccount: string;
  readonly next: string;
}

/** What an undo may have meant: rules that a bootstrap made for this issuer and subject, under another key. */
export async function findOthers(api: Api, plan: Plan): Promise<readonly OtherBootstrap[]> {
  const rules = await api.list<FederatedIdentityView>(
    '/federated-identities',
    matching({ [MANAGED_BY]: BOOTSTRAP, [PLATFORM]: plan.preset }),
  );
  const withoutIds = (subject: string): string => subject.replaceAll(/@\d+/g, '');
  return rules
    .filter(
      ({ labels, provider, providerSubject }) =>
        labels[KEY] !== plan.key &&
        provider.providerIssuer === plan.provider.providerIssuer &&
        withoutIds(providerSubject) === withoutIds(plan.identity.providerSubject),
    )
    .map(({ identity, name, serviceAccount: { slug } }) => ({
      identity,
      name,
      serviceAccount: slug,
      next: `give the same options as then, and --service-account ${slug} --undo`,
    }));
}

type Remove = (path: string) => Promise<void>;
type Outcome = 'deleted' | 'would be deleted';

async function removeBindings(
  api: Api,
  account: ServiceAccountView,
  labels: Readonly<Record<string, string>>,
  outcome: Outcome,
  remove: Remove,
): Promise<readonly Change[]> {
  const changes: Change[] = [];
  const roles = new Map(account.roleBindings.map(({ role }) => [role.identity, role.slug]));
  for (const [role, slug] of roles) {
    const path = `/iam/roles/${role}/bindings`;
    for (const { identity, serviceAccountIdentity } of await api.list<RoleBindingView>(path, matching(labels))) {
      if (serviceAccountIdentity !== account.identity) continue;
      await remove(`${path}/${identity}`);
      changes.push({ what: 'Role binding', outcome, identity, name: slug, note: `role ${slug}` });
    }
  }
  return changes;
}

async function removeAccount(
  api: Api,
  account: ServiceAccountView,
  gone: ReadonlySet<string>,
  released: readonly Change[],
  outcome: Outcome,
  remove: Remove,
): Promise<Change> {
  const { identity, name } = account;
  const rules = await api.list<FederatedIdentityView>('/federated-identities', { serviceAccount: identity });
  const credentials = await api.list<JsonMap>(`/service-accounts/${identity}/access-credentials`);
  const otherRules = rules.filter((rule) => !gone.has(rule.identity)).length;
  const otherBindings = account.roleBindings.length - released.length;
  const reason = !isBootstrapped(account)
    ? 'not made by bootstrap'
    : otherRules > 0
      ? `${otherRules} other federated ${otherRules === 1 ? 'identity uses' : 'identities use'} it`
      : otherBindings > 0
        ? 'somebody gave it another role'
        : credentials.length > 0
          ? 'it has access credentials'
          : null;
  if (reason !== null) return { what: 'Service account', outcome: 'kept', identity, name, note: reason };
  await remove(`/service-accounts/${identity}`);
  return { what: 'Service account', outcome, identity, name };
}

async function removeProvider(
  api: Api,
  provider: IdentityProviderView,
  gone: ReadonlySet<string>,
  outcome: Outcome,
  remove: Remove,
): Promise<Change> {
  const { identity, name } = provider;
  const rules = await api.list<FederatedIdentityView>('/federated-identities', { provider: identity });
  const others = rules.filter((rule) => !gone.has(rule.identity)).length;
  const reason = !isBootstrapped(provider)
    ? 'not made by bootstrap'
    : others > 0
      ? `${others} other federated ${others === 1 ? 'identity uses' : 'identities use'} it`
      : null;
  if (reason !== null) return { what: 'Identity provider', outcome: 'kept', identity, name, note: reason };
  await remove(`/federated-identity-providers/${identity}`);
  return { what: 'Identity provider', outcome, identity, name };
}
