// Makes what a plan asks for, step by step: what is there stays, what is missing is created, what differs is shown and only changed when told to.

import type { Member } from '../../objects/definition.ts';
import { federatedIdentity } from '../../objects/federated-identity.ts';
import type { FederatedIdentityInput, FederatedIdentityView } from '../../objects/federated-identity.ts';
import type { IdentityProviderView } from '../../objects/identity-provider.ts';
import type { RoleBindingView } from '../../objects/role-binding.ts';
import type { RoleView } from '../../objects/role.ts';
import type { ServiceAccountView } from '../../objects/service-account.ts';
import type { Api } from '../api.ts';
import { CliFailure } from '../failure.ts';
import { differencesOf } from './show-change.ts';
import type { Change } from './show-change.ts';
import { createObject, updateObject } from './bring-object.ts';
import type { Mode, Work } from './bring-object.ts';
import { bootstrapLabels, isBootstrapped, matching } from '../../bootstrap/labels.ts';
import type { Plan, BootstrapOptions } from '../../bootstrap/build-plan.ts';
import { haveProvider } from './have-provider.ts';

const IDENTITIES = '/federated-identities';

export interface AppliedPlan {
  readonly changes: readonly Change[];
  /** Null in a dry run if it does not exist yet. */
  readonly account: ServiceAccountView | null;
  readonly identity: FederatedIdentityView | null;
  /** What the service warned about when it took the rule. */
  readonly warnings: readonly { readonly code: string; readonly detail: string }[];
}

/** Brings the deployment to the plan; repeating it after a failure completes it. */
export async function applyPlan(api: Api, plan: Plan, asked: BootstrapOptions, mode: Mode): Promise<AppliedPlan> {
  // Asked for first, so that a role that does not exist leaves nothing half-made.
  const role = asked.role === undefined ? null : await findRole(api, asked.role);
  const changes: Change[] = [];
  const labels = bootstrapLabels(plan.preset, plan.key);
  const work: Work = { api, plan, asked, labels, mode, did: (change) => void changes.push(change) };

  const provider = await haveProvider(work);
  const account = await haveAccount(work);
  if (role !== null) await haveBinding(work, role, account);
  const identity = await haveIdentity(work, provider, account);
  const { warnings = [] } = (identity ?? {}) as { readonly warnings?: AppliedPlan['warnings'] };
  return { changes, account, identity, warnings };
}

async function findRole(api: Api, name: string): Promise<RoleView> {
  try {
    return await api.get<RoleView>(`/iam/roles/${encodeURIComponent(name)}`);
  } catch (error) {
    if (!(error instanceof CliFailure) || error.details.status !== 404) throw error;
    const roles = await api.list<RoleView>('/iam/roles');
    throw new CliFailure(`There is no role ${name}.`, {
      code: 'not_found',
      exitCode: 2,
      next:
        roles.length === 0
          ? `There are no roles yet: \`cambist roles create --name ${name}\` makes it.`
          : `There are ${roles.map(({ slug }) => slug).join(', ')}; \`cambist roles create --name ${name}\` makes it.`,
    });
  }
}

async function haveAccount(work: Work): Promise<ServiceAccountView | null> {
  const { api, plan, labels } = work;
  const what = 'Service account';
  const name = plan.accountName;
  const present = await findAccount(api, name);
  if (present !== null) {
    const note = isBootstrapped(present) ? {} : { note: 'not made by bootstrap: --undo leaves it' };
    work.did({ what, outcome: 'already present', identity: present.identity, name: present.name, ...note });
    return present;
  }
  if (name.startsWith('sa_'))
    throw new CliFailure(`There is no service account ${name}.`, { code: 'not_found', exitCode: 2 });
  return await createObject(work, { what, name }, () =>
    api.post<ServiceAccountView>('/service-accounts', { name, labels }),
  );
}

/** The account by id, slug or name; null if there is none. */
export async function findAccount(api: Api, name: string): Promise<ServiceAccountView | null> {
  const filters = name.startsWith('sa_') ? [{ identity: name }] : [{ slug: name }, { name }];
  for (const filter of filters) {
    const [found] = await api.list<ServiceAccountView>('/service-accounts', filter);
    if (found !== undefined) return found;
  }
  return null;
}

async function haveBinding(work: Work, role: RoleView, account: ServiceAccountView | null): Promise<void> {
  const { api, labels } = work;
  const { projects } = work.asked;
  const path = `/iam/roles/${role.identity}/bindings`;
  const what = 'Role binding';
  const about = { name: role.slug, note: `role ${role.slug}` };
  const present =
    account === null
      ? undefined
      : (await api.list<RoleBindingView>(path))
          .filter((one) => one.serviceAccountIdentity === account.identity)
          .find((one) => differencesOf({ projects }, { ...one }).length === 0);
  if (present !== undefined) work.did({ what, outcome: 'already present', identity: present.identity, ...about });
  else {
    const serviceAccountIdentity = account?.identity;
    await createObject(
      work,
      { what, ...about },
      account && (() => api.post<RoleBindingView>(path, { serviceAccountIdentity, projects, labels })),
    );
  }
}

/** What may have been switched since, as a new rule has it. */
const SWITCHES: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.entries<Member>(federatedIdentity.members).flatMap(([name, { narrows, default: given }]) =>
    typeof narrows === 'object' ? [[name, given]] : [],
  ),
);

async function haveIdentity(
  work: Work,
  provider: IdentityProviderView | null,
  account: ServiceAccountView | null,
): Promise<FederatedIdentityView | null> {
  const { plan, labels } = work;
  const what = 'Federated identity';
  const { name, ...members } = plan.identity;
  if (provider === null || account === null) return await createObject(work, { what, name }, null);
  const present = await findIdentity(work, provider, account);
  if (present === null) {
    const parents = { serviceAccountIdentity: account.identity, providerIdentity: provider.identity };
    return await createObject(work, { what, name }, () =>
      createIdentity(work, { ...plan.identity, ...parents, labels }),
    );
  }
  // A condition that somebody added, or a rule that somebody switched off, is a difference too.
  const wanted = { conditions: null, status: 'active', ...SWITCHES, ...members };
  const note = 'not made by bootstrap: --update and --undo leave it';
  return await updateObject(work, what, IDENTITIES, present, differencesOf(wanted, { ...present }), {
    same: note,
    differs: note,
  });
}

/** A rule of somebody else's may have the name. */
async function createIdentity({ api, plan }: Work, body: FederatedIdentityInput): Promise<FederatedIdentityView> {
  try {
    return await api.post<FederatedIdentityView>(IDENTITIES, body);
  } catch (error) {
    if (!(error instanceof CliFailure) || error.details.status !== 409) throw error;
    return await api.post<FederatedIdentityView>(IDENTITIES, { ...body, name: `${plan.preset} ${plan.key}` });
  }
}

async function findIdentity(
  { api, plan, labels }: Work,
  provider: IdentityProviderView,
  account: ServiceAccountView,
): Promise<FederatedIdentityView | null> {
  const between = { serviceAccount: account.identity, provider: provider.identity };
  const [labelled] = await api.list<FederatedIdentityView>(IDENTITIES, { ...between, ...matching(labels) });
  if (labelled !== undefined) return labelled;
  const all = await api.list<FederatedIdentityView>(IDENTITIES, between);
  return all.find(({ providerSubject }) => providerSubject === plan.identity.providerSubject) ?? null;
}
