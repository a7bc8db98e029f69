// What is wrong with a written object, by the rules that the API judges it with; what only the service knows stays unjudged.

import { isWritable } from '../../objects/definition.ts';
import type { Member, Members, Warning } from '../../objects/definition.ts';
import { faultsOf } from '../../objects/judge.ts';
import { validateConditions } from '../../rules/conditions.ts';
import { compileExpression } from '../../rules/expression.ts';
import { fetchableUrlFault, issuerFault } from '../../token/issuer-address.ts';
import type { IssuerRules } from '../../token/issuer-address.ts';
import type { JsonObject } from '../../token/json.ts';
import { DEFAULT_TOKEN_LIFETIME_SECONDS } from '../../objects/limits.ts';
import { tenantFault } from '../../rules/tenant.ts';
import type { Conditions } from '../../objects/conditions.ts';
import { ruleWarnings } from '../../rules/rule-warnings.ts';
import { validateSubjectRule } from '../../rules/subject.ts';
import { detectPreset } from '../../platforms/presets.ts';
import { KINDS } from './kinds.ts';
import type { WrittenKind } from './kinds.ts';
import type { WrittenIdentity, WrittenProvider } from '../../exchange/written-configuration.ts';

/** A fault at a place inside the object (RFC 6901). */
export interface WrittenFault {
  readonly path: readonly string[];
  readonly detail: string;
}

/** The members that a file may give an object of a kind, its name included: it names other objects instead of referring to them. */
export function writtenMembers(kind: WrittenKind): readonly string[] {
  return Object.entries(KINDS[kind].object.members).flatMap(([name, member]) => (isWritten(member) ? [name] : []));
}

/** True for a member that a file may give. */
export function isWritten(member: Member): boolean {
  return isWritable(member) && member.is.kind !== 'identifier' && member.is.kind !== 'nothing';
}

/** Every fault of an object's members, each at its place. */
export function memberFaults(kind: WrittenKind, object: JsonObject): readonly WrittenFault[] {
  const { members }: { readonly members: Members } = KINDS[kind].object;
  const faults: WrittenFault[] = [];
  for (const [name, value] of Object.entries(object)) {
    const member = Object.hasOwn(members, name) ? members[name] : undefined;
    if (member === undefined || !isWritten(member)) {
      const known = writtenMembers(kind).filter((other) => other !== 'name');
      faults.push({ path: [name], detail: `is not a member here; the members are ${known.join(', ')}` });
    } else if (value === null) {
      if (member.null === undefined) faults.push({ path: [name], detail: 'must not be null' });
    } else {
      for (const { path, detail } of faultsOf(member.is, value))
        faults.push({ path: [name, ...path.map(String)], detail });
    }
  }
  for (const [name, member] of Object.entries(members)) {
    if (isWritten(member) && member.required === true && (object[name] ?? null) === null)
      faults.push({ path: [name], detail: 'is required' });
  }
  return faults;
}

/** Members that memberFaults found nothing against, as what they then are. */
export function soundMembers<T extends object>(members: JsonObject): T {
  return members as T;
}

/** What is wrong with a provider whose members are sound. A loopback issuer passes: only the deployment knows whether it allows one. */
export function providerFaults(provider: WrittenProvider, issuerUrl: string | null): readonly WrittenFault[] {
  const preset = provider.preset ?? detectPreset(provider.providerIssuer);
  const rules: IssuerRules = {
    allowLoopback: true,
    ownOrigins: issuerUrl === null ? [] : [issuerUrl],
    preset,
    localJwks: (provider.localJwks ?? null) !== null,
  };
  const jwksUri = provider.providerJwksUri ?? null;
  const faults = [
    at('providerIssuer', issuerFault(provider.providerIssuer, rules)),
    at('providerJwksUri', jwksUri === null ? null : fetchableUrlFault(jwksUri, rules)),
  ];
  return faults.flat();
}

/** What is wrong with a rule whose members are sound; the provider is null if it is not declared beside the rule. */
export function identityFaults(identity: WrittenIdentity, provider: WrittenProvider | null): readonly WrittenFault[] {
  const { providerSubject, providerSubjectMatch = 'exact', expression, maxTokenLifetime } = identity;
  const compiled =
    expression === undefined || expression === null || expression === '' ? null : compileExpression(expression);
  const longest = maxTokenLifetime ?? DEFAULT_TOKEN_LIFETIME_SECONDS;
  return [
    ...at('providerSubject', validateSubjectRule(providerSubject, providerSubjectMatch)),
    ...at('providerSubject', provider === null ? null : tenantFaultOf(identity, provider)),
    ...validateConditions(identity.conditions).map(({ pointer, detail }) => ({
      path: ['conditions', ...pointer.split('/').slice(1).map(unescapePointer)],
      detail,
    })),
    ...at('expression', compiled === null || compiled.ok ? null : compiled.error),
    ...at(
      'tokenLifetime',
      (identity.tokenLifetime ?? 0) > longest ? `must not be longer than maxTokenLifetime, which is ${longest}` : null,
    ),
  ];
}

function tenantFaultOf(identity: WrittenIdentity, provider: WrittenProvider): string | null {
  const { providerSubject, providerSubjectMatch = 'exact', conditions } = identity;
  if (validateSubjectRule(providerSubject, providerSubjectMatch) !== null) return null;
  if (validateConditions(conditions).length > 0) return null;
  const rule = { providerSubject, providerSubjectMatch, conditions: (conditions ?? null) as Conditions | null };
  return tenantFault(rule, { providerIssuer: provider.providerIssuer, subjectClaim: provider.subjectClaim ?? 'sub' });
}

/** What a rule accepts beyond what its author may expect. */
export function identityWarnings(identity: WrittenIdentity, provider: WrittenProvider): readonly Warning[] {
  const { providerSubject, providerSubjectMatch = 'exact', trustedAudiences = [] } = identity;
  const preset = provider.preset ?? detectPreset(provider.providerIssuer);
  // Judged before; what is invalid is a fault.
  const conditions = (identity.conditions ?? null) as Conditions | null;
  return ruleWarnings({ providerSubject, providerSubjectMatch, trustedAudiences, conditions }, preset);
}

function at(member: string, detail: string | null): WrittenFault[] {
  return detail === null ? [] : [{ path: [member], detail }];
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
