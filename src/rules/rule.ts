// One rule against one token: compiled once, matched many times; deciding and explaining take the same checks.

import { matchAudience } from './audience.ts';
import { failed, passed } from './check.ts';
import { comparisonSteps, compileCondition, validateConditions } from './conditions.ts';
import type { ValueMatcher } from './conditions.ts';
import type { CompileExpression, Expression } from './expression.ts';
import { readClaim } from '../token/json.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import type { Check, CheckReason } from './check.ts';
import type { ConditionMatcher } from '../objects/conditions.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import { globSteps } from './glob.ts';
import { compileGuards, judgeGuard } from './guards.ts';
import type { CompiledGuard } from './guards.ts';
import { hints } from './late-hints.ts';
import { newMatchingBudget, overBudget, spend } from './matching-budget.ts';
import type { MatchingBudget } from './matching-budget.ts';
import type { Result } from '../exchange/result.ts';
import { compileSubject, validateSubjectRule } from './subject.ts';
import type { SubjectMatcher } from './subject.ts';
import { tenantFault } from './tenant.ts';
import type { Preset } from '../platforms/preset.ts';

/** What the deployment and the provider say about a rule. */
export interface IdentityContext {
  readonly issuerUrl: string;
  readonly defaultAudience: string;
  readonly preset: Preset;
  /** The provider's; an issuer that many tenants share takes only rules that name one. */
  readonly providerIssuer: string;
  /** The provider's; it only names the claim in explanations. `sub` if it is absent. */
  readonly subjectClaim?: string;
  /** Given, because the evaluator is loaded only if a rule needs it. */
  readonly compileExpression: CompileExpression;
}

/** A rule ready to match. A part of it that is invalid is a fault, whose check fails with `rule_invalid`. */
export interface CompiledIdentity {
  /** The rule, with the deployment's defaults in place of empty lists of audiences. */
  readonly identity: FederatedIdentity;
  readonly preset: Preset;
  readonly subjectClaim: string;
  readonly subject: { readonly fault: string | null; readonly matches: SubjectMatcher };
  /** Why the rule may not match on its issuer; null if it may. */
  readonly tenantFault: string | null;
  readonly guards: readonly CompiledGuard[];
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

/** Compiles a rule. Never refuses or throws: what was valid under older terms and is no longer, matches nothing. */
export function compileFederatedIdentity(identity: FederatedIdentity, context: IdentityContext): CompiledIdentity {
  const { providerSubject: subject, providerSubjectMatch: subjectMatch, conditions, expression } = identity;
  const trustedAudiences = identity.trustedAudiences.length > 0 ? identity.trustedAudiences : [context.issuerUrl];
  const written = identity.tokenAudiences.length > 0 ? identity.tokenAudiences : [context.defaultAudience];
  const tokenAudiences = written.filter((audience) => !identity.withheldAudiences.includes(audience));
  const [conditionFault] = validateConditions(conditions);
  return {
    identity: { ...identity, trustedAudiences, tokenAudiences },
    preset: context.preset,
    subjectClaim: context.subjectClaim ?? 'sub',
    subject: {
      fault: validateSubjectRule(subject, subjectMatch),
      matches: compileSubject(subject, subjectMatch, context.preset.subjectForms),
    },
    tenantFault: tenantFault(conditionFault === undefined ? identity : { ...identity, conditions: null }, {
      providerIssuer: context.providerIssuer,
      subjectClaim: context.subjectClaim ?? 'sub',
    }),
    guards: compileGuards(context.preset, conditionFault === undefined ? conditions : null),
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
 * at the first failure, explaining takes them all. A check that passed has a hint only if an operator should know of it.
 */
export function* matchChecks(
  compiled: CompiledIdentity,
  token: MatchedToken,
  now: number,
  budget: MatchingBudget = newMatchingBudget(),
): Generator<Check> {
  yield checkStatus(compiled.identity, now);
  yield checkAudience(compiled, token.claims);
  yield checkSubject(compiled, token, budget);
  if (compiled.tenantFault !== null)
    yield failed('preset', 'tenant_missing', { hint: () => `the rule ${compiled.tenantFault}` });
  for (const guard of compiled.guards) yield checkGuard(guard, token.claims);
  if (compiled.conditionsFault !== null) {
    yield failed('condition', 'rule_invalid', {
      hint: () => `the conditions are invalid: ${compiled.conditionsFault}`,
    });
  }
  for (const condition of compiled.conditions) yield checkCondition(compiled, condition, token.claims, budget);
  if (compiled.expression !== null) yield checkExpression(compiled, compiled.expression, token.claims, budget);
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

function checkAudience({ identity, preset }: CompiledIdentity, claims: JsonObject): Check {
  const { trustedAudiences } = identity;
  const aud = readClaim(claims, 'aud');
  const of = { claim: 'aud', expected: trustedAudiences, actual: aud ?? null };
  const mode = identity.audienceMatchMode;
  if (matchAudience(aud, trustedAudiences, mode)) return passed('audience', of);
  return failed('audience', 'audience_mismatch', {
    ...of,
    hint: () => hints().audienceHint(trustedAudiences, mode, aud, preset),
  });
}

function checkSubject(compiled: CompiledIdentity, token: MatchedToken, budget: MatchingBudget): Check {
  const { identity, preset, subject, subjectClaim } = compiled;
  const of = { claim: subjectClaim, expected: identity.providerSubject, actual: token.subject };
  if (subject.fault !== null)
    return failed('subject', 'rule_invalid', { ...of, hint: () => `the rule ${subject.fault}` });
  if (identity.providerSubjectMatch === 'glob') {
    const steps = globSteps(identity.providerSubject, token.subject.length);
    if (!spend(budget, identity, steps))
      return failed('subject', 'subject_mismatch', { ...of, hint: () => overBudget(budget, steps) });
  }
  const verdict = subject.matches(token.claims, token.subject);
  if (verdict.ok) return passed('subject', { ...of, hint: verdict.note });
  return failed('subject', 'subject_mismatch', {
    ...of,
    hint: () =>
      hints().subjectHint({
        identity,
        forms: preset.subjectForms,
        claims: token.claims,
        actual: token.subject,
        acceptedIds: acceptedIds(compiled, token.claims),
      }),
  });
}

/** Claims that the conditions accept and that name a thing by its id, which outlives a change of its name. */
function acceptedIds({ conditions }: CompiledIdentity, claims: JsonObject): readonly string[] {
  return conditions
    .filter(({ claim, matches }) => /(?:_|-)?u?u?id$/i.test(claim) && matches(readClaim(claims, claim)))
    .map(({ claim }) => claim);
}

function checkGuard(compiled: CompiledGuard, claims: JsonObject): Check {
  const { guard } = compiled;
  const { ok, ...of } = judgeGuard(compiled, claims);
  if (ok) return passed('preset', of);
  return failed('preset', 'preset_refused', {
    ...of,
    hint: () => `${guard.why} To accept it, list its value of ${guard.liftedBy} in the conditions.`,
  });
}

function checkCondition(
  { identity }: CompiledIdentity,
  { claim, matcher, matches }: CompiledCondition,
  claims: JsonObject,
  budget: MatchingBudget,
): Check {
  const value = readClaim(claims, claim);
  const of = { claim, expected: matcher as JsonValue, actual: value ?? null };
  const steps = comparisonSteps(matcher, value);
  if (steps > 0 && !spend(budget, identity, steps))
    return failed('condition', 'condition_failed', { ...of, hint: () => overBudget(budget, steps) });
  if (matches(value)) return passed('condition', of);
  return failed('condition', 'condition_failed', { ...of, hint: () => hints().conditionHint(claims, claim, matcher) });
}

function checkExpression(
  { identity }: CompiledIdentity,
  compiled: Result<Expression, string>,
  claims: JsonObject,
  budget: MatchingBudget,
): Check {
  const of = { expected: identity.expression };
  if (!compiled.ok) {
    return failed('expression', 'rule_invalid', { ...of, hint: () => `the expression ${compiled.error}` });
  }
  const steps = compiled.value.stepsFor(claims);
  if (!spend(budget, identity, steps)) {
    return failed('expression', 'expression_failed', { ...of, hint: () => overBudget(budget, steps) });
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

/** The claims a token forwards as `upstream`, keyed as the rule names them; those the token lacks are left out. */
export function forwardedClaims(claims: JsonObject, names: readonly string[]): JsonObject {
  const present = names.map((name) => [name, readClaim(claims, name)] as const);
  return Object.fromEntries(present.filter((entry): entry is readonly [string, JsonValue] => entry[1] !== undefined));
}
