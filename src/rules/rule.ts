// One rule against one token: compiled once, matched many times; deciding and explaining take the same checks. No I/O, no clock.

import { matchAudience, narrowTokenAudience } from './audience.ts';
import { compileCondition, validateConditions } from './conditions.ts';
import type { ValueMatcher } from './conditions.ts';
import type { CompileExpression, Expression } from './expression.ts';
import { readClaim } from '../token/json.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import type { Check, CheckName, CheckReason, ConditionMatcher, FederatedIdentity, HeldRole } from '../objects/model.ts';
import { rolesUnderScope } from './binding-reach.ts';
import { audienceHint, conditionHint, subjectHint } from './hints.ts';
import { guardsInForce, judgeGuard } from './guards.ts';
import type { Result } from '../exchange/result.ts';
import { narrowScope } from './scope.ts';
import { compileSubject, validateSubjectRule } from './subject.ts';
import type { SubjectMatcher } from './subject.ts';
import type { Preset, PresetGuard } from '../platforms/preset.ts';

/** What the deployment and the provider say about a rule. */
export interface IdentityContext {
  readonly issuerUrl: string;
  readonly defaultAudience: string;
  readonly preset: Preset;
  /** The provider's; it only names the claim in explanations. `sub` where absent. */
  readonly subjectClaim?: string;
  /** Given, because the evaluator is loaded only where a rule needs it. */
  readonly compileExpression: CompileExpression;
}

/** A rule ready to match. A part of it that is invalid is a fault, whose check fails with `rule_invalid`. */
export interface CompiledIdentity {
  /** The rule, with the deployment's defaults in place of empty lists of audiences. */
  readonly identity: FederatedIdentity;
  readonly trustedAudiences: readonly string[];
  readonly tokenAudiences: readonly string[];
  readonly preset: Preset;
  readonly subjectClaim: string;
  readonly subject: { readonly fault: string | null; readonly matches: SubjectMatcher };
  readonly guards: readonly PresetGuard[];
  readonly conditions: readonly CompiledCondition[];
  readonly conditionsFault: string | null;
  readonly expression: Result<Expression, string> | null;
}

interface CompiledCondition {
  readonly claim: string;
  readonly matcher: ConditionMatcher;
  readonly matches: ValueMatcher;
}

/** The token of a match, once verified (or the claims that an operator asks about). */
export interface MatchedToken {
  readonly claims: JsonObject;
  readonly subject: string;
}

/** What is asked for with the token. */
export interface Wanted {
  readonly scope: readonly string[] | null;
  readonly audiences: readonly string[];
  readonly project: string | null;
  /** An ID token is for someone in particular: a default audience will not do. */
  readonly requireAudience: boolean;
}

/** Compiles a rule. Never refuses or throws: what was valid under older terms and is no longer, matches nothing. */
export function compileFederatedIdentity(identity: FederatedIdentity, context: IdentityContext): CompiledIdentity {
  const { providerSubject: subject, providerSubjectMatch: subjectMatch, conditions, expression } = identity;
  const trustedAudiences = identity.trustedAudiences.length > 0 ? identity.trustedAudiences : [context.issuerUrl];
  const tokenAudiences = identity.tokenAudiences.length > 0 ? identity.tokenAudiences : [context.defaultAudience];
  const [conditionFault] = validateConditions(conditions);
  return {
    identity: { ...identity, trustedAudiences, tokenAudiences },
    trustedAudiences,
    tokenAudiences,
    preset: context.preset,
    subjectClaim: context.subjectClaim ?? 'sub',
    subject: {
      fault: validateSubjectRule(subject, subjectMatch),
      matches: compileSubject(subject, subjectMatch, context.preset.subjectForms),
    },
    guards: guardsInForce(context.preset, conditionFault === undefined ? conditions : null),
    conditions:
      conditionFault === undefined
        ? Object.entries(conditions ?? {}).map(([claim, matcher]) => ({
            claim,
            matcher,
            matches: compileCondition(matcher),
          }))
        : [],
    conditionsFault: conditionFault === undefined ? null : `${conditionFault.pointer} ${conditionFault.detail}`,
    expression: expression === null ? null : context.compileExpression(expression),
  };
}

/**
 * Checks a token against a rule at `now` (NumericDate), lazily and in the order of the contract (§3 step 6). Deciding stops
 * at the first failure, explaining takes them all. A check that passed has a hint only where an operator should know of it.
 */
export function* matchChecks(compiled: CompiledIdentity, token: MatchedToken, now: number): Generator<Check> {
  yield checkStatus(compiled.identity, now);
  yield checkAudience(compiled, token.claims);
  yield checkSubject(compiled, token);
  for (const guard of compiled.guards) yield checkGuard(guard, token.claims);
  if (compiled.conditionsFault !== null) {
    yield failed('condition', 'rule_invalid', {
      hint: () => `the conditions are invalid: ${compiled.conditionsFault}`,
    });
  }
  for (const condition of compiled.conditions) yield checkCondition(condition, token.claims);
  if (compiled.expression !== null) yield checkExpression(compiled, compiled.expression, token.claims);
}

/** Checks what is asked for against what the rule and the account's roles allow (§3 step 7). */
export function* narrowChecks(
  { identity }: Pick<CompiledIdentity, 'identity'>,
  wanted: Wanted,
  heldRoles: readonly HeldRole[],
): Generator<Check> {
  const scope = narrowScope(wanted.scope, identity.allowedScopes);
  const allowedScope = identity.allowedScopes.join(' ');
  yield scope.ok
    ? passed('scope', { expected: allowedScope, actual: wanted.scope?.join(' ') ?? null })
    : failed('scope', 'scope_not_allowed', { expected: allowedScope, actual: scope.error.join(' ') });

  const audiences = narrowTokenAudience(wanted.audiences, identity.tokenAudiences);
  const allowedAudiences = identity.tokenAudiences.join(' ');
  if (wanted.requireAudience && wanted.audiences.length === 0) {
    yield failed('token_audience', 'audience_required', { expected: allowedAudiences, actual: 'none was requested' });
  } else {
    yield audiences.ok
      ? passed('token_audience', { expected: allowedAudiences, actual: wanted.audiences.join(' ') || null })
      : failed('token_audience', 'audience_not_allowed', {
          expected: allowedAudiences,
          actual: audiences.error.join(' '),
        });
  }

  if (wanted.project === null) return;
  const { id } = identity.serviceAccount;
  const held = scope.ok ? rolesUnderScope(scope.value, heldRoles) : heldRoles;
  const expected = [...new Set(held.filter(heldBy(id)).flatMap(({ projects }) => projects))].toSorted();
  yield checkProject(wanted.project, id, held)
    ? passed('project', { expected, actual: wanted.project })
    : failed('project', 'project_not_allowed', { expected, actual: wanted.project });
}

/** What a token gets of what was asked for, after narrowChecks found nothing against it; throws where something was. */
export function narrow(
  identity: FederatedIdentity,
  wanted: Wanted,
  heldRoles: readonly HeldRole[],
): { readonly scope: readonly string[]; readonly audiences: readonly string[]; readonly roles: readonly string[] } {
  const scope = narrowScope(wanted.scope, identity.allowedScopes);
  const audiences = narrowTokenAudience(wanted.audiences, identity.tokenAudiences);
  if (!scope.ok || !audiences.ok || audiences.value.length === 0) {
    throw new Error('narrow() takes the identity of a CompiledIdentity and a request that passed narrowChecks()');
  }
  return {
    scope: scope.value,
    audiences: audiences.value,
    roles: rolesIn(wanted.project, identity.serviceAccount.id, rolesUnderScope(scope.value, heldRoles)),
  };
}

/** The first check that refuses the token or the request; null where the rule grants it. */
export function firstFailure(
  compiled: CompiledIdentity,
  token: MatchedToken,
  now: number,
  wanted: Wanted,
  heldRoles: readonly HeldRole[],
): Check | null {
  for (const check of matchChecks(compiled, token, now)) if (!check.ok) return check;
  for (const check of narrowChecks(compiled, wanted, heldRoles)) if (!check.ok) return check;
  return null;
}

/** Slugs of the account's roles: those held in the whole organisation, and in `project` where one is given; sorted. */
export function rolesIn(
  project: string | null,
  serviceAccountId: string,
  heldRoles: readonly HeldRole[],
): readonly string[] {
  const held = heldRoles.filter(heldBy(serviceAccountId)).filter(({ projects }) => reaches(projects, project));
  return [...new Set(held.map(({ roleSlug }) => roleSlug))].toSorted();
}

/** True where a role of the account is held in the project or in the whole organisation. */
export function checkProject(project: string, serviceAccountId: string, heldRoles: readonly HeldRole[]): boolean {
  return heldRoles.filter(heldBy(serviceAccountId)).some(({ projects }) => reaches(projects, project));
}

/** The claims a token forwards as `upstream`, keyed as the rule names them; those the token lacks are left out. */
export function forwardedClaims(claims: JsonObject, names: readonly string[]): JsonObject {
  const present = names.map((name) => [name, readClaim(claims, name)] as const);
  return Object.fromEntries(present.filter((entry): entry is readonly [string, JsonValue] => entry[1] !== undefined));
}

function heldBy(serviceAccountId: string): (role: HeldRole) => boolean {
  return (role) => role.serviceAccountId === serviceAccountId;
}

function reaches(projects: readonly string[], project: string | null): boolean {
  return projects.length === 0 || (project !== null && projects.includes(project));
}

function checkStatus({ status, serviceAccount, expiresAt }: FederatedIdentity, now: number): Check {
  const fail = (reason: CheckReason, actual: string, hint: string): Check =>
    failed('status', reason, { expected: 'active', actual, hint: () => hint });
  if (serviceAccount.status !== 'active') {
    return fail(
      'service_account_inactive',
      serviceAccount.status,
      `service account ${serviceAccount.id} is not active`,
    );
  }
  if (status === 'revoked') return fail('identity_revoked', status, 'the federated identity was revoked');
  if (status !== 'active') return fail('identity_inactive', status, 'the federated identity is switched off');
  if (expiresAt !== null && expiresAt <= now) {
    return fail('identity_expired', 'expired', 'the federated identity has expired: set a later expiresAt');
  }
  return passed('status', { expected: 'active', actual: 'active' });
}

function checkAudience({ identity, trustedAudiences, preset }: CompiledIdentity, claims: JsonObject): Check {
  const aud = readClaim(claims, 'aud');
  const of = { claim: 'aud', expected: trustedAudiences, actual: aud ?? null };
  const mode = identity.audienceMatchMode;
  if (matchAudience(aud, trustedAudiences, mode)) return passed('audience', of);
  return failed('audience', 'audience_mismatch', {
    ...of,
    hint: () => audienceHint(trustedAudiences, mode, aud, preset),
  });
}

function checkSubject({ identity, preset, subject, subjectClaim }: CompiledIdentity, token: MatchedToken): Check {
  const of = { claim: subjectClaim, expected: identity.providerSubject, actual: token.subject };
  if (subject.fault !== null)
    return failed('subject', 'rule_invalid', { ...of, hint: () => `the rule ${subject.fault}` });
  const verdict = subject.matches(token.claims, token.subject);
  if (verdict.ok) return passed('subject', { ...of, hint: verdict.note });
  return failed('subject', 'subject_mismatch', {
    ...of,
    hint: () => subjectHint(identity, preset.subjectForms, token.claims, token.subject),
  });
}

function checkGuard(guard: PresetGuard, claims: JsonObject): Check {
  const { ok, ...of } = judgeGuard(guard, claims);
  if (ok) return passed('preset', of);
  return failed('preset', 'preset_refused', {
    ...of,
    hint: () => `${guard.why} To accept it, name ${guard.liftedBy} in the conditions.`,
  });
}

function checkCondition({ claim, matcher, matches }: CompiledCondition, claims: JsonObject): Check {
  const value = readClaim(claims, claim);
  const of = { claim, expected: matcher as JsonValue, actual: value ?? null };
  if (matches(value)) return passed('condition', of);
  return failed('condition', 'condition_failed', { ...of, hint: () => conditionHint(claims, claim, matcher) });
}

function checkExpression(
  { identity }: CompiledIdentity,
  compiled: Result<Expression, string>,
  claims: JsonObject,
): Check {
  const of = { expected: identity.expression };
  if (!compiled.ok) {
    return failed('expression', 'rule_invalid', { ...of, hint: () => `the expression ${compiled.error}` });
  }
  const evaluated = compiled.value(claims);
  if (!evaluated.ok) {
    return failed('expression', 'expression_failed', {
      ...of,
      hint: () => `it could not be evaluated: ${evaluated.error}`,
    });
  }
  return evaluated.value
    ? passed('expression', { ...of, actual: true })
    : failed('expression', 'expression_failed', { ...of, actual: false });
}

type Seen = Partial<Pick<Check, 'claim' | 'expected' | 'actual'>>;
const NOTHING_SEEN = { claim: null, expected: null, actual: null };

function passed(check: CheckName, seen: Seen & { readonly hint?: string | null }): Check {
  return { ...NOTHING_SEEN, hint: null, ...seen, check, ok: true, reason: null };
}

/** The hint is worked out when it is read: of a hundred rules that refuse a token, at most one is explained. */
function failed(check: CheckName, reason: CheckReason, seen: Seen & { readonly hint?: () => string | null }): Check {
  const { hint, ...rest } = seen;
  return {
    ...NOTHING_SEEN,
    ...rest,
    check,
    ok: false,
    reason,
    get hint() {
      return hint?.() ?? null;
    },
  };
}
