// Makes what a pipeline's plan asks for, step by step through the API: what is there stays, and repeating it completes it.

import { bootstrapLabels } from '../../bootstrap/labels.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import { canonicalJson } from '../../token/canonical-json.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { objectOf, objectsOf } from '../api.ts';
import type { ApiProblem, ConsoleApi } from '../api.ts';
import { ACCOUNT, PROVIDER, ROLE, TRUST } from '../objects/kind.ts';
import type { PlannedPipeline } from './plan-pipeline.ts';

/** What decides which tokens verify and who their subject is; a provider that has it otherwise is not joined. */
const DECIDING = ['preset', 'localJwks', 'providerJwksUri', 'allowedAlgorithms', 'maxTokenLifetime', 'subjectClaim'];

/** What is made, in the order in which it is. The identifier of the rule, or the first refusal. */
export async function bringPipeline(
  api: ConsoleApi,
  { plan, asked }: PlannedPipeline,
  mode: 'enforce' | 'shadow',
): Promise<Result<string, ApiProblem>> {
  const labels = bootstrapLabels(plan.preset, plan.key);
  // Asked for first, so that a role that does not exist leaves nothing half-made.
  const role = asked.role === undefined ? null : await api.read(`${ROLE.api}/${encodeURIComponent(asked.role)}`);
  if (role !== null && !role.ok) return refuse(faultAt('/role', role.error));
  const provider = await haveProvider(api, plan, labels);
  if (!provider.ok) return provider;
  const account = await haveAccount(api, plan.accountName, labels);
  if (!account.ok) return account;
  if (role !== null && role.ok) {
    const bindings = `${ROLE.api}/${String(objectOf(role.value)['identity'])}/bindings`;
    const held = await api.read(bindings, { serviceAccount: account.value });
    if (!held.ok) return held;
    const isHeld = objectsOf(held.value).some(({ projects }) => Array.isArray(projects) && projects.length === 0);
    const bound = isHeld ? null : await api.write('POST', bindings, { serviceAccountIdentity: account.value, labels });
    if (bound !== null && !bound.ok) return bound;
  }
  const present = await api.read(TRUST.api, { serviceAccount: account.value, provider: provider.value });
  if (!present.ok) return present;
  const same = objectsOf(present.value).find(
    ({ providerSubject }) => providerSubject === plan.identity.providerSubject,
  );
  if (same !== undefined) {
    const detail = `the rule ${String(same['name'])} lets this subject act as the account already: change it instead`;
    return refuse({ status: 409, detail, faults: [], conflictsWith: named(same), requestId: '' });
  }
  const body = {
    ...(plan.identity as JsonObject),
    serviceAccountIdentity: account.value,
    providerIdentity: provider.value,
    mode,
    labels,
  };
  const made = await api.write('POST', TRUST.api, body);
  const again =
    !made.ok && made.error.conflictsWith !== null
      ? await api.write('POST', TRUST.api, { ...body, name: `${plan.preset} ${plan.key}` })
      : made;
  return again.ok ? ok(String(objectOf(again.value)['identity'])) : again;
}

async function haveProvider(
  api: ConsoleApi,
  { provider, key }: PlannedPipeline['plan'],
  labels: JsonObject,
): Promise<Result<string, ApiProblem>> {
  const wanted = provider as JsonObject;
  // Tried first: the API itself says whether the issuer or the name is taken.
  const made = await api.write('POST', PROVIDER.api, { ...wanted, labels });
  if (made.ok) return ok(String(objectOf(made.value)['identity']));
  if (made.error.conflictsWith === null) return made;
  const read = await api.read(`${PROVIDER.api}/${made.error.conflictsWith.identity}`);
  if (!read.ok) return read;
  const present = objectOf(read.value);
  if (present['providerIssuer'] !== provider.providerIssuer) {
    // Only the name is taken.
    const renamed = await api.write('POST', PROVIDER.api, { ...wanted, name: `${provider.name} ${key}`, labels });
    if (renamed.ok) return ok(String(objectOf(renamed.value)['identity']));
    if (renamed.error.conflictsWith === null) return renamed;
    return joinProvider(api, renamed.error.conflictsWith.identity, wanted);
  }
  return joined(present, wanted);
}

async function joinProvider(
  api: ConsoleApi,
  identity: string,
  wanted: JsonObject,
): Promise<Result<string, ApiProblem>> {
  const read = await api.read(`${PROVIDER.api}/${identity}`);
  return read.ok ? joined(objectOf(read.value), wanted) : read;
}

/** The provider that is there, unless somebody decided otherwise who its tokens are. */
function joined(present: JsonObject, wanted: JsonObject): Result<string, ApiProblem> {
  const usual: JsonObject = {
    localJwks: null,
    providerJwksUri: null,
    allowedAlgorithms: ['RS256', 'ES256'],
    maxTokenLifetime: 86_400,
    subjectClaim: 'sub',
    ...wanted,
    status: 'active',
  };
  const shape = (value: JsonValue | undefined): string =>
    canonicalJson(Array.isArray(value) ? value.map(String).toSorted() : (value ?? null));
  const differing = [...DECIDING, 'status'].filter((member) => shape(present[member]) !== shape(usual[member]));
  if (differing.length === 0) return ok(String(present['identity']));
  const detail = `the identity provider ${String(present['name'])} trusts this issuer in another way than this platform needs: it differs in ${differing.join(', ')}. Whoever made it so decides who gets in: look at it first`;
  return refuse({ status: 409, detail, faults: [], conflictsWith: named(present), requestId: '' });
}

async function haveAccount(api: ConsoleApi, name: string, labels: JsonObject): Promise<Result<string, ApiProblem>> {
  const filters: readonly Readonly<Record<string, string>>[] = name.startsWith('sa_')
    ? [{ identity: name }]
    : [{ slug: name }, { name }];
  for (const filter of filters) {
    const listed = await api.read(ACCOUNT.api, filter);
    if (!listed.ok) return listed;
    const [found] = objectsOf(listed.value);
    if (found !== undefined) return ok(String(found['identity']));
  }
  const made = await api.write('POST', ACCOUNT.api, { name, labels });
  return made.ok ? ok(String(objectOf(made.value)['identity'])) : refuse(faultAt('/account', made.error));
}

function named(object: JsonObject): { readonly identity: string; readonly name: string } {
  return { identity: String(object['identity']), name: String(object['name']) };
}

function faultAt(place: string, problem: ApiProblem): ApiProblem {
  return { ...problem, faults: [{ place, detail: problem.detail }] };
}
