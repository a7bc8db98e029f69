// What a caller reads of a denial: its own values and what to do; never a rule's expected value, never whether an account exists.

import type { Denial, NotAllowedDenial, UnmatchedDenial } from '../exchange/denial.ts';
import { quoted } from '../exchange/denial-detail.ts';
import type { Check, CheckReason } from '../rules/check.ts';
import { MAX_NAMED_CLAIMS } from './limits.ts';
import { subjectFacts } from './subject-facts.ts';

/** One plain sentence for the caller (contract §3). */
export function denialMessage(denied: Denial, issuerUrl: string | null): string {
  switch (denied.about) {
    case 'sentence':
      return denied.message;
    case 'issuer':
      return `the issuer of the token is not a registered identity provider: ${quoted(denied.issuer)}${issuerFacts(denied.issuer)}${denied.organisation === null ? '' : '; check organisation_id, too: each organisation registers its own issuers'}`;
    case 'provider':
      return 'the identity provider of this issuer is disabled';
    case 'token':
      return nearMiss(denied, issuerUrl) ?? unmatched(denied);
    case 'request':
      return notAllowed(denied);
    case 'accounts':
      return 'the token is accepted for several service accounts: pass service_account_id to choose one';
    case 'candidates':
      return 'too many federated identities could accept this token: pass service_account_id';
    case 'costs':
      return 'the rules that may accept this token take too long to judge it: ask the operator, who finds which under this request id';
    case 'use':
      return 'the token was already used: this federated identity accepts each token once, so request a fresh one';
  }
}

/** Unknown account, no rule, wrong rule: one sentence for all, made of the token alone. */
function unmatched({ asked, issuer, subject, audience, claims }: UnmatchedDenial): string {
  const facts = subjectFacts(subject, claims);
  // Said of every account that is named, whether it exists or not.
  if (asked.serviceAccount !== null || asked.organisation !== null)
    facts.push('check service_account_id and organisation_id, too: rules belong to one account of one organisation');
  const more = facts.map((fact) => `; ${fact}`).join('');
  return `no federated identity accepts this token: issuer ${issuer}, subject ${quoted(subject)}, audience ${quoted(audience)}${more}`;
}

/** What may be said if everything else about a rule matched. */
function nearMiss({ nearest, audience, subject }: UnmatchedDenial, issuerUrl: string | null): string | null {
  if (nearest === null) return null;
  const { failed } = nearest;
  const [only] = failed;
  const all = (...reasons: CheckReason[]): boolean =>
    failed.every(({ reason }) => reason !== null && reasons.includes(reason));
  if (only === undefined) return null;
  if (all('audience_mismatch')) {
    return nearest.trustsDeployment && issuerUrl !== null
      ? `the audience of the token is ${quoted(audience)}: request an ID token whose audience is ${issuerUrl}`
      : `the issuer and the subject of the token are accepted, but not its audience ${quoted(audience)}: ask the operator which one to request`;
  }
  if (all('preset_refused') && failed.length === 1) {
    return `tokens with ${only.claim ?? 'this claim'} ${quoted(only.actual)} are refused by default: ${only.hint ?? 'ask the operator'}`;
  }
  if (all('condition_failed', 'expression_failed')) {
    return `the issuer, the subject and the audience of the token are accepted, but not ${claimsOf(failed)}: the rule wants something else there, which its operator finds under this request id`;
  }
  if (all('identity_inactive', 'identity_revoked', 'identity_expired', 'service_account_inactive')) {
    return `a federated identity matches this token (subject ${quoted(subject)}), but it or its service account is switched off or has expired: ask the operator to look at it`;
  }
  return null;
}

/** The claims that conditions refuse, with the token's own values; an expression says nothing about which it looks at. */
function claimsOf(failed: readonly Check[]): string {
  const claims = failed.flatMap(({ claim, actual }) =>
    claim === null
      ? []
      : [actual === null ? `that it lacks the claim ${claim}` : `its claim ${claim} (${quoted(actual)})`],
  );
  const shown = claims.slice(0, MAX_NAMED_CLAIMS);
  const others = claims.length > shown.length || claims.length < failed.length ? ['other claims of it'] : [];
  return [...shown, ...(shown.length === 0 ? ['another claim of it'] : others)].join(' and ');
}

/** What was asked is the caller's own and may be repeated. */
function notAllowed({ reason, check }: NotAllowedDenial): string {
  if (reason === 'audience_not_allowed' && check.actual === null) {
    return 'no audience was requested, and none is left that the token could be for: ask the operator, who finds why under this request id';
  }
  return `${NOT_ALLOWED[reason] ?? 'the request is not allowed'}: ${quoted(check.actual)}`;
}

const NOT_ALLOWED: Partial<Record<CheckReason, string>> = {
  scope_not_allowed: 'the requested scope is not allowed',
  audience_not_allowed: 'the requested audience or resource is not allowed',
  audience_required: 'an ID token needs an audience parameter that says who it is for',
  project_not_allowed: 'the service account is not bound to this project',
};

/** What the issuer itself tells about why it may be unknown. */
function issuerFacts(issuer: string): string {
  if (issuer.endsWith('/')) return '; issuers are compared byte for byte, and this one ends in a slash';
  if (/[^:]\/\//.test(issuer)) return '; issuers are compared byte for byte, and this one has a double slash';
  if (/^https?:\/\/[^/]*[A-Z]/.test(issuer))
    return '; issuers are compared byte for byte, and this one has upper-case letters';
  if (/^(?:https?:\/\/)?kubernetes(?:\.default|\/|$)/.test(issuer))
    return "; it is a cluster's own name for itself: the operator has to register the cluster with its keys";
  return '';
}
