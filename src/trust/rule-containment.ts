// Whether one rule accepts and gives nothing that another does not; it proves this from the rules alone, and says no when it cannot.

import type { CompiledIdentity } from '../rules/rule.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import { conditionsImply } from './condition-containment.ts';
import { subjectContains } from './pattern-containment.ts';

/** True only if `wide` accepts every token that `narrow` accepts, at any time; both are rules of one provider. */
export function acceptsAtLeast(wide: CompiledIdentity, narrow: CompiledIdentity): boolean {
  if ([wide, narrow].some(isFaulty)) return false;
  const [{ identity: many }, { identity: few }] = [wide, narrow];
  return (
    lastsAsLong(many, few) &&
    trustsAtLeast(many, few) &&
    (many.expression === null || many.expression === few.expression) &&
    // A guard that only the narrow one has lifted still refuses for the wide one.
    wide.guards.every(({ isLifted }, at) => isLifted || narrow.guards[at]?.isLifted === false) &&
    conditionsImply(few.conditions, many.conditions) &&
    subjectContains(many, few, wide.preset.subjectForms)
  );
}

/** True if whatever `few` may give, `many` may give too: scopes, audiences and lifetimes. */
export function givesAtLeast(many: FederatedIdentity, few: FederatedIdentity): boolean {
  return (
    isWithin(few.allowedScopes, many.allowedScopes) &&
    isWithin(few.tokenAudiences, many.tokenAudiences) &&
    few.maxTokenLifetime <= many.maxTokenLifetime &&
    few.tokenLifetime <= many.tokenLifetime
  );
}

/** What is invalid matches nothing; nothing is proved about it. */
function isFaulty({ subject, tenantFault, conditionsFault, expression }: CompiledIdentity): boolean {
  return subject.fault !== null || tenantFault !== null || conditionsFault !== null || expression?.ok === false;
}

function lastsAsLong(many: FederatedIdentity, few: FederatedIdentity): boolean {
  return many.expiresAt === null || (few.expiresAt !== null && few.expiresAt <= many.expiresAt);
}

function trustsAtLeast(many: FederatedIdentity, few: FederatedIdentity): boolean {
  const isSubset = isWithin(few.trustedAudiences, many.trustedAudiences);
  switch (many.audienceMatchMode) {
    case 'any':
      if (few.audienceMatchMode !== 'exact') return isSubset;
      return few.trustedAudiences.some((audience) => many.trustedAudiences.includes(audience));
    case 'all':
      return few.audienceMatchMode !== 'any' && isSubset;
    case 'exact':
      return few.audienceMatchMode === 'exact' && isSubset && isWithin(many.trustedAudiences, few.trustedAudiences);
  }
}

function isWithin(few: readonly string[], many: readonly string[]): boolean {
  return few.every((value) => many.includes(value));
}
