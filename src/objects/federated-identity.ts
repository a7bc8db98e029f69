// The federated identity (contract §5.3): the rule that lets a provider's subject act as a service account.

import {
  MAX_EXPRESSION_CHARS,
  MAX_EXACT_SUBJECT_CHARS,
  MAX_TOKEN_LIFETIME_SECONDS,
  MIN_TOKEN_LIFETIME_SECONDS,
} from '../rules/limits.ts';
import { defineObject, named } from './definition.ts';
import type { DecidingOf, InputOf, RecordOf, ViewOf } from './definition.ts';
import { claimReference, identityProvider } from './identity-provider.ts';
import { DEFAULT_TOKEN_LIFETIME_SECONDS, MAX_AUDIENCE_CHARS, MAX_AUDIENCES, MAX_FORWARDED_CLAIMS } from './limits.ts';
import type { Conditions } from './conditions.ts';
import { identifier, line, list, oneOf, oneOfAnd, text, timestamp, wholeNumber } from './rule.ts';
import type { JsonRule } from './rule.ts';
import { tokensNotBefore } from './tokens-not-before.ts';
import { scopes } from './scopes.ts';
import { serviceAccount } from './service-account.ts';
import type { ServiceAccount } from './service-account.ts';

/** What a matcher may be, rules/conditions.ts decides; this is its outline. */
const conditions: JsonRule<Conditions> = { kind: 'json', must: 'must be a map of claims to matchers' };
const lifetime = wholeNumber(MIN_TOKEN_LIFETIME_SECONDS, MAX_TOKEN_LIFETIME_SECONDS);
const audience = line(1, MAX_AUDIENCE_CHARS);

export const federatedIdentity = defineObject({
  noun: 'federated identity',
  idPrefix: 'fid',
  path: '/v1/federated-identities',
  example: 'fid_01m7y3kgxtf6bvdfeehefwbvha',
  warns: true,
  members: {
    ...named,
    name: { ...named.name, example: 'main of acme/app' },
    serviceAccountIdentity: {
      is: identifier('sa'),
      column: 'service_account_id',
      required: true,
      immutable: true,
      description: 'Who the workload acts as; cannot be changed',
      option: { name: 'service-account', value: '<id or name>', help: 'who a token acts as' },
    },
    providerIdentity: {
      is: identifier('idp'),
      column: 'provider_id',
      required: true,
      immutable: true,
      description: 'Whose tokens the rule is for; cannot be changed',
      option: { name: 'provider', value: '<id or name>', help: 'whose tokens they are' },
    },
    providerSubject: {
      is: text(1, MAX_EXACT_SUBJECT_CHARS),
      required: true,
      description: "The token's subject to match",
      example: 'repo:acme@123456/app@456789:ref:refs/heads/main',
      option: { value: '<subject>', help: 'the subject to match' },
    },
    providerSubjectMatch: {
      is: oneOf(['exact', 'glob']),
      default: 'exact',
      description: '`exact` if it is absent; in a `glob`, `*` is any run without `:` or `/`, and `**` any run',
      option: { value: '<how>', help: 'how it is matched' },
    },
    trustedAudiences: {
      is: list(audience, MAX_AUDIENCES),
      // Go clients send null for this list and for allowedScopes, too, if they leave them empty.
      null: 'absent',
      default: [],
      description: "Audiences the token may be meant for; an empty list is this deployment's own address, never any",
      option: { value: '<audience>', help: 'audiences a token may be meant for' },
    },
    audienceMatchMode: {
      is: oneOf(['any', 'all', 'exact']),
      default: 'any',
      description:
        "`any`: at least one of the token's is trusted (if it is absent); `all`: every one; `exact`: the same set",
      option: { value: '<mode>', help: 'how they are matched' },
    },
    conditions: {
      is: conditions,
      null: 'clears',
      default: null,
      description:
        'Claim (or JSON Pointer) to matcher: a scalar, a list, or {glob}, {anyOf}, {allOf}, {containsAll}, {not}, {exists}',
      example: { runner_environment: 'github-hosted' },
      option: { value: '<json>', help: 'claims and what they must be' },
    },
    expression: {
      is: text(0, MAX_EXPRESSION_CHARS),
      null: 'clears',
      emptyIsNull: true,
      default: null,
      description: 'CEL over `claims`, without regular expressions',
      option: { value: '<cel>', help: 'a CEL expression over `claims`' },
    },
    allowedScopes: {
      is: scopes,
      narrows: 'fewer',
      null: 'absent',
      default: [],
      description: 'Scopes a token may carry',
      example: ['api:read', 'api:write'],
      option: { value: '<scope>', help: 'scopes its tokens may carry' },
    },
    tokenAudiences: {
      // A token is for the first of them if none is asked for.
      is: list(audience, MAX_AUDIENCES, { ordered: true }),
      default: [],
      description: 'Audiences a token may be issued for; an empty list is the default audience of the deployment',
      option: { value: '<audience>', help: 'audiences its tokens may be issued for' },
    },
    tokenLifetime: {
      is: lifetime,
      narrows: 'less',
      default: ({ maxTokenLifetime }: { readonly maxTokenLifetime?: number }) =>
        Math.min(DEFAULT_TOKEN_LIFETIME_SECONDS, maxTokenLifetime ?? DEFAULT_TOKEN_LIFETIME_SECONDS),
      description: 'Seconds; 3600 if it is absent',
      option: { value: '<seconds>', help: 'life of its tokens' },
    },
    maxTokenLifetime: {
      is: lifetime,
      narrows: 'less',
      default: DEFAULT_TOKEN_LIFETIME_SECONDS,
      description: 'Seconds a token may live at most, whatever is asked for; 3600 if it is absent',
      option: { value: '<seconds>', help: 'longest life that may be asked for' },
    },
    forwardedClaims: {
      is: list(claimReference, MAX_FORWARDED_CLAIMS),
      narrows: 'fewer',
      default: [],
      description: 'Claims that are copied into `upstream`',
      example: ['sha'],
      option: { value: '<claim>', help: 'claims copied into its tokens' },
    },
    replayProtection: {
      is: oneOf(['off', 'singleUse']),
      narrows: { to: 'singleUse' },
      default: 'off',
      description: '`singleUse`: a token is exchanged at most once',
      option: { value: '<mode>', help: 'whether a token is exchanged once only' },
    },
    mode: {
      is: oneOf(['enforce', 'shadow']),
      narrows: { to: 'shadow' },
      default: 'enforce',
      description: '`shadow`: never grants, records what it would have done',
      option: { value: '<mode>', help: 'whether it grants or only records' },
    },
    status: {
      is: oneOfAnd(['active', 'inactive', 'expired', 'revoked'], ['expired']),
      default: 'active',
      description: '`expired` is read from `expiresAt` and cannot be written',
      option: { value: '<status>', help: 'whether it counts' },
    },
    expiresAt: {
      is: timestamp,
      narrows: 'less',
      null: 'clears',
      default: null,
      option: { value: '<time>', help: 'when it ends, RFC 3339' },
    },
    tokensNotBefore,
    lastUsedAt: {
      is: timestamp,
      readOnly: true,
      shown: true,
      null: 'unset',
      default: null,
      description: 'Of the last grant, to the minute: it is not written more often',
    },
  },
  joins: {
    serviceAccount: {
      by: 'serviceAccountIdentity',
      object: serviceAccount,
      reads: ['name', 'slug', 'status', 'tokensNotBefore'],
      answers: ['name', 'slug'],
      filter: { member: 'slug', help: 'of this service account, by id or slug' },
    },
    provider: {
      by: 'providerIdentity',
      object: identityProvider,
      reads: ['name', 'providerIssuer', 'preset', 'subjectClaim'],
      answers: ['name', 'providerIssuer'],
      filter: { member: 'name', help: 'of this identity provider, by id or name' },
      shown: true,
    },
  },
});

export type FederatedIdentityInput = InputOf<typeof federatedIdentity.members>;
export type FederatedIdentityRecord = RecordOf<typeof federatedIdentity>;
export type FederatedIdentityView = ViewOf<typeof federatedIdentity>;

/** A rule as an exchange knows it: what decides, and the account that it gives. */
export type FederatedIdentity = Omit<
  DecidingOf<typeof federatedIdentity>,
  'serviceAccountIdentity' | 'providerIdentity' | 'serviceAccount'
> & {
  readonly serviceAccount: ServiceAccount;
  /** Those of its token audiences, or of the default one that stands for none, that another organisation has reserved. */
  readonly withheldAudiences: readonly string[];
};

/** `expired` is never stored: a past expiresAt reads so, unless the identity was revoked for good. */
export function statusAt(
  { status, expiresAt }: Pick<FederatedIdentityRecord, 'status' | 'expiresAt'>,
  now: number,
): FederatedIdentityView['status'] {
  return expiresAt !== null && expiresAt <= now && status !== 'revoked' ? 'expired' : status;
}
