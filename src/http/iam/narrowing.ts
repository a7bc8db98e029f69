// Tells a change that can only take away from one that may give (contract §4: narrowing needs no more than iam:write); it asks nobody.

import type { AccessCredentialRecord } from '../../objects/access-credential.ts';
import type { Member } from '../../objects/definition.ts';
import { federatedIdentity } from '../../objects/federated-identity.ts';
import type { FederatedIdentityRecord } from '../../objects/federated-identity.ts';
import type { IdentityProviderRecord } from '../../objects/identity-provider.ts';
import type { RoleBindingRecord } from '../../objects/role-binding.ts';
import type { RoleRuleRecord } from '../../objects/role.ts';
import { reachesAsFar } from '../../rules/binding-reach.ts';
import { sameJson } from './members.ts';

/** What stands for an empty list of audiences. */
export interface DefaultAudiences {
  /** For `trustedAudiences`. */
  readonly issuerUrl: string;
  /** For `tokenAudiences`. */
  readonly defaultAudience: string;
}

/** The audiences that tokens of this rule may be issued for: an empty list means the deployment's default. */
export function effectiveAudiences(
  tokenAudiences: readonly string[],
  { defaultAudience }: DefaultAudiences,
): readonly string[] {
  return tokenAudiences.length === 0 ? [defaultAudience] : tokenAudiences;
}

/** Members of a rule that are judged together with others, or with what stands for an empty list; the name decides nothing. */
const JUDGED_APART: readonly string[] = ['name', 'trustedAudiences', 'audienceMatchMode', 'tokenAudiences', 'status'];

/**
 * True when every token that the changed rule accepts was accepted before, and gets no more for it. A change of the subject,
 * the conditions or the expression never counts: it can lift a guard, or make a rule match that matched nothing.
 */
export function isLessIdentity(
  before: FederatedIdentityRecord,
  after: FederatedIdentityRecord,
  defaults: DefaultAudiences,
): boolean {
  const isSwitchedOn = after.status === 'active' && before.status !== 'active';
  const isUnrevoked = before.status === 'revoked' && after.status !== 'revoked';
  return (
    !isSwitchedOn &&
    !isUnrevoked &&
    Object.entries<Member>(federatedIdentity.members).every(
      ([name, member]) => JUDGED_APART.includes(name) || isSameOrLess(name, member, before, after),
    ) &&
    isNarrowedTrust(before, after, defaults) &&
    isSubset(effectiveAudiences(after.tokenAudiences, defaults), effectiveAudiences(before.tokenAudiences, defaults))
  );
}

/** True when the credential gets no further scope and lives no longer. */
export function isLessCredential(before: AccessCredentialRecord, after: AccessCredentialRecord): boolean {
  return after.expiresAt <= before.expiresAt && isSubset(after.scopes, before.scopes);
}

/** True when the binding reaches no further than before. */
export function isLessBinding(before: RoleBindingRecord, after: RoleBindingRecord): boolean {
  return reachesAsFar([before], after);
}

/** True when the rule names no further resource, object or permission. */
export function isLessRule(before: RoleRuleRecord, after: RoleRuleRecord): boolean {
  return (
    isSubset(after.resources, before.resources) &&
    isSubset(after.permissions, before.permissions) &&
    // An empty list means every object.
    (before.resourceIdentities.length === 0 ||
      (after.resourceIdentities.length > 0 && isSubset(after.resourceIdentities, before.resourceIdentities)))
  );
}

/** True when no token verifies by the changed provider that did not before, and none has another subject. */
export function isLessProvider(before: IdentityProviderRecord, after: IdentityProviderRecord): boolean {
  const isSwitchedOn = before.status !== 'active' && after.status === 'active';
  return (
    !isSwitchedOn &&
    after.maxTokenLifetime <= before.maxTokenLifetime &&
    isSubset(after.allowedAlgorithms, before.allowedAlgorithms) &&
    sameJson(keysAndSubject(before), keysAndSubject(after))
  );
}

/** True when nothing of the provider changed but its status, to inactive. */
export function isOnlySwitchedOff(before: IdentityProviderRecord, after: IdentityProviderRecord): boolean {
  const { updatedAt, objectVersion, tokensNotBefore } = after;
  const switchedOff = { ...before, status: 'inactive', updatedAt, objectVersion, tokensNotBefore };
  return after.status === 'inactive' && sameJson(switchedOff, after);
}

function keysAndSubject({ localJwks, providerJwksUri, subjectClaim, preset }: IdentityProviderRecord): unknown {
  return { localJwks: localJwks === null ? null : [...localJwks.keys], providerJwksUri, subjectClaim, preset };
}

/** True when the member is the same, is only shown, is written by nobody, or changed in the one way that its definition says takes away. */
function isSameOrLess(name: string, { shown, readOnly, narrows }: Member, one: object, other: object): boolean {
  const [before, after] = [one, other].map((record) => (record as Readonly<Record<string, unknown>>)[name]);
  if (shown === true || readOnly === true || sameJson(before, after)) return true;
  if (narrows === undefined) return false;
  if (narrows === 'fewer') return isSubset(after as readonly string[], before as readonly string[]);
  if (narrows === 'less') return before === null || (after !== null && Number(after) <= Number(before));
  return after === narrows.to;
}

type Trust = Pick<FederatedIdentityRecord, 'trustedAudiences' | 'audienceMatchMode'>;

/** Of the same list, `exact` accepts less than `all`, and `all` less than `any`; only `exact` accepts others when its list is shorter. */
function isNarrowedTrust(before: Trust, after: Trust, { issuerUrl }: DefaultAudiences): boolean {
  const trusted = ({ trustedAudiences }: Trust): readonly string[] =>
    trustedAudiences.length === 0 ? [issuerUrl] : trustedAudiences;
  const modes = ['any', 'all', 'exact'];
  const isStricter = modes.indexOf(after.audienceMatchMode) >= modes.indexOf(before.audienceMatchMode);
  const isShorter = isSubset(trusted(after), trusted(before));
  return isStricter && isShorter && (before.audienceMatchMode !== 'exact' || isSubset(trusted(before), trusted(after)));
}

function isSubset(some: readonly string[], all: readonly string[]): boolean {
  return some.every((one) => all.includes(one));
}
