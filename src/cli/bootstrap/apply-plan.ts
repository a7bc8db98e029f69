// Makes what a plan asks for, step by step: what is there stays, what is missing is created, what differs is shown and only changed when told to.

import type { Member } from '../../objects/definition.ts';
import { federatedIdentity } from '../../objects/federated-identity.ts';
import type { FederatedIdentityInput, FederatedIdentityView } from '../../objects/federated-identity.ts';
import type { IdentityProviderView } from '../../objects/identity-provider.ts';
import type { RoleBindingView } from '../../objects/role-binding.ts';
import type { RoleView } from '../../objects/role.ts';
import type { ServiceAccountView } from '../../objects/service-account.ts';
import type { Api } from '../api.ts';
import { defaultsOf } from '../apply/kinds.ts';
import { CliFailure } from '../failure.ts';
import { differencesOf } from './show-change.ts';
import type { Change, Difference } from './show-change.ts';
import { bootstrapLabels, isBootstrapped, matching } from './labels.ts';
import type { Plan, BootstrapOptions } from './build-plan.ts';

export interface Mode {
  readonly isDryRun: boolean;
  /** Changes what differs. */
  readonly mayUpdate: boolean;
}

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
  const labels = bootstrapLabels(plan.preset, plan.key);
  const changes: Change[] = [];
  const did = (change: Change): void => void changes.push(change);

  const provider = await haveProvider(api, plan, asked, labels, mode, did);
  const account = await haveAccount(api, plan, labels, mode, did);
  if (role !== null) await haveBinding(api, { plan, asked, role, account, labels, mode, did });
  const identity = await haveIdentity(api, { plan, provider, account, labels, mode, did });
  const { warnings = [] } = (identity ?? {}) as { readonly warnings?: AppliedPlan['warnings'] };
  return { changes, account, identity, warnings };
}

type Report = (change: Change) => void;
type Labels = ReturnType<typeof bootstrapLabels>;

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

/** Members that decide which tokens verify, and who their subject is. */
const DECIDING = ['preset', 'localJwks', 'providerJwksUri', 'allowedAlgorithms', 'maxTokenLifetime', 'subjectClaim'];
const KEY_MEMBERS: ReadonlySet<string> = new Set(['localJwks', 'providerJwksUri']);

/** How a provider decides that is not what the plan would make of it. */
function decidingDifferences({ provider }: Plan, present: IdentityProviderView): readonly Difference[] {
  const wanted: Readonly<Record<string, unknown>> = {
    ...defaultsOf('provider', { ...provider }),
    ...provider,
  };
  return differencesOf(Object.fromEntries(DECIDING.map((member) => [member, wanted[member]])), { ...present });
}

/** The provider of the plan's issuer; of several, the one that is as the plan wants it. */
function providerOf(plan: Plan, all: readonly IdentityProviderView[]): IdentityProviderView | undefined {
  const present = all.filter((one) => one.providerIssuer === plan.provider.providerIssuer);
  return present.find((one) => decidingDifferences(plan, one).length === 0) ?? present[0];
}

function foreignProvider({ identity, name }: IdentityProviderView, differences: readonly Difference[]): CliFailure {
  const isKeysAlone = differences.every(({ member }) => KEY_MEMBERS.has(member));
  return new CliFailure(
    `The identity provider ${identity} (${name}) is not what this command would have made: it differs in ` +
      `${differences.map(({ member }) => member).join(', ')}. Nothing was written: whoever made it so decides who gets in.`,
    {
      code: 'provider_differs',
      next:
        `\`cambist providers get ${identity}\` shows it, \`cambist audit --action identity_provider.update\` who changed it.` +
        (isKeysAlone
          ? ' If its keys are the right ones, pass --accept-provider-keys.'
          : ' Put it right, or use another organisation.'),
    },
  );
}

async function haveProvider(
  api: Api,
  plan: Plan,
  asked: BootstrapOptions,
  labels: Labels,
  mode: Mode,
  did: Report,
): Promise<IdentityProviderView | null> {
  const path = '/federated-identity-providers';
  const { name: usualName } = plan.provider;
  const all = await api.list<IdentityProviderView>(path);
  const present = providerOf(plan, all);
  const what = 'Identity provider';
  const name = all.some((one) => one.name === usualName) ? `${usualName} ${plan.key}` : usualName;
  if (present === undefined) {
    if (mode.isDryRun) {
      did({ what, outcome: 'would be created', identity: null, name });
      return null;
    }
    const created = await api.post<IdentityProviderView>(path, { ...plan.provider, name, status: 'active', labels });
    did({ what, outcome: 'created', identity: created.identity, name });
    return created;
  }
  const isOurs = isBootstrapped(present);
  const deciding = decidingDifferences(plan, present).filter(
    ({ member }) => !(asked.acceptsProviderKeys && KEY_MEMBERS.has(member)),
  );
  // Whoever made it otherwise decides who gets in; the label of a bootstrap proves nothing about who that was.
  if (deciding.length > 0 && !(mode.mayUpdate && isOurs)) throw foreignProvider(present, deciding);
  const differences = [...deciding, ...differencesOf({ status: 'active' }, { ...present })];
  const known = { what, identity: present.identity, name: present.name } as const;
  if (differences.length === 0) did({ ...known, outcome: 'already present' });
  else if (!mode.mayUpdate || !isOurs) {
    // Others may depend on how somebody set it up.
    did({
      ...known,
      outcome: 'differs',
      differences,
      ...(isOurs ? {} : { note: 'not made by bootstrap: change it yourself where you agree' }),
    });
  } else if (mode.isDryRun) did({ ...known, outcome: 'would be updated', differences });
  else {
    const changed = Object.fromEntries(differences.map(({ member, after }) => [member, after]));
    const updated = await api.patch<IdentityProviderView>(
      `${path}/${present.identity}`,
      changed,
      present.objectVersion,
    );
    did({ ...known, outcome: 'updated', differences });
    return updated;
  }
  return present;
}

async function haveAccount(
  api: Api,
  plan: Plan,
  labels: Labels,
  mode: Mode,
  did: Report,
): Promise<ServiceAccountView | null> {
  const path = '/service-accounts';
  const what = 'Service account';
  const name = plan.accountName;
  const present = await findAccount(api, name);
  if (present !== null) {
    const note = isBootstrapped(present) ? {} : { note: 'not made by bootstrap: --undo leaves it' };
    did({ what, outcome: 'already present', identity: present.identity, name: present.name, ...note });
    return present;
  }
  if (name.startsWith('sa_'))
    throw new CliFailure(`There is no service account ${name}.`, { code: 'not_found', exitCode: 2 });
  if (mode.isDryRun) {
    did({ what, outcome: 'would be created', identity: null, name });
    return null;
  }
  const created = await api.post<ServiceAccountView>(path, { name, labels });
  did({ what, outcome: 'created', identity: created.identity, name });
  return created;
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

interface BindingTask {
  readonly plan: Plan;
  readonly asked: BootstrapOptions;
  readonly role: RoleView;
  readonly account: ServiceAccountView | null;
  readonly labels: Labels;
  readonly mode: Mode;
  readonly did: Report;
}

async function haveBinding(api: Api, { asked, role, account, labels, mode, did }: BindingTask): Promise<void> {
  const path = `/iam/roles/${role.identity}/bindings`;
  const what = 'Role binding';
  const mine =
    account === null
      ? []
      : (await api.list<RoleBindingView>(path)).filter((one) => one.serviceAccountIdentity === account.identity);
  const present = mine.find((one) => differencesOf({ projects: asked.projects }, { ...one }).length === 0);
  if (present !== undefined) {
    did({ what, outcome: 'already present', identity: present.identity, name: role.slug, note: `role ${role.slug}` });
  } else if (mode.isDryRun || account === null) {
    did({ what, outcome: 'would be created', identity: null, name: role.slug, note: `role ${role.slug}` });
  } else {
    const created = await api.post<RoleBindingView>(path, {
      serviceAccountIdentity: account.identity,
      projects: asked.projects,
      labels,
    });
    did({ what, outcome: 'created', identity: created.identity, name: role.slug, note: `role ${role.slug}` });
  }
}

/** What may have been switched since, as a new rule has it. */
const SWITCHES: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.entries<Member>(federatedIdentity.members).flatMap(([name, { narrows, default: given }]) =>
    typeof narrows === 'object' ? [[name, given]] : [],
  ),
);

interface IdentityTask {
  readonly plan: Plan;
  readonly provider: IdentityProviderView | null;
  readonly account: ServiceAccountView | null;
  readonly labels: Labels;
  readonly mode: Mode;
  readonly did: Report;
}

async function haveIdentity(
  api: Api,
  { plan, provider, account, labels, mode, did }: IdentityTask,
): Promise<FederatedIdentityView | null> {
  const path = '/federated-identities';
  const what = 'Federated identity';
  const { name, ...members } = plan.identity;
  const present =
    provider === null || account === null ? null : await findIdentity(api, plan, provider, account, labels);
  if (present === null || provider === null || account === null) {
    if (mode.isDryRun || provider === null || account === null) {
      did({ what, outcome: 'would be created', identity: null, name });
      return null;
    }
    const created = await createIdentity(api, plan, {
      ...plan.identity,
      serviceAccountIdentity: account.identity,
      providerIdentity: provider.identity,
      labels,
    });
    did({ what, outcome: 'created', identity: created.identity, name });
    return created;
  }
  // A condition that somebody added, or a rule that somebody switched off, is a difference too.
  const wanted = {
    conditions: null,
    status: 'active',
    ...SWITCHES,
    ...members,
  };
  const differences = differencesOf(wanted, { ...present });
  const known = { what, identity: present.identity, name: present.name } as const;
  const isOurs = isBootstrapped(present);
  const note = isOurs ? {} : { note: 'not made by bootstrap: --update and --undo leave it' };
  if (differences.length === 0) did({ ...known, outcome: 'already present', ...note });
  else if (!mode.mayUpdate || !isOurs) did({ ...known, outcome: 'differs', differences, ...note });
  else if (mode.isDryRun) did({ ...known, outcome: 'would be updated', differences });
  else {
    const changed = Object.fromEntries(differences.map(({ member, after }) => [member, after]));
    const updated = await api.patch<FederatedIdentityView>(
      `${path}/${present.identity}`,
      changed,
      present.objectVersion,
    );
    did({ ...known, outcome: 'updated', differences });
    return updated;
  }
  return present;
}

/** A rule of somebody else's may have the name. */
async function createIdentity(api: Api, plan: Plan, body: FederatedIdentityInput): Promise<FederatedIdentityView> {
  const path = '/federated-identities';
  try {
    return await api.post<FederatedIdentityView>(path, body);
  } catch (error) {
    if (!(error instanceof CliFailure) || error.details.status !== 409) throw error;
    return await api.post<FederatedIdentityView>(path, { ...body, name: `${plan.preset} ${plan.key}` });
  }
}

async function findIdentity(
  api: Api,
  plan: Plan,
  provider: IdentityProviderView,
  account: ServiceAccountView,
  labels: Labels,
): Promise<FederatedIdentityView | null> {
  const where = { serviceAccount: account.identity, provider: provider.identity };
  const [labelled] = await api.list<FederatedIdentityView>('/federated-identities', { ...where, ...matching(labels) });
  if (labelled !== undefined) return labelled;
  const all = await api.list<FederatedIdentityView>('/federated-identities', where);
  return all.find(({ providerSubject }) => providerSubject === plan.identity.providerSubject) ?? null;
}
