// The federated identity as the API reads and answers it (contract §5.3).

import * as z from 'zod';

import type { JsonObject } from '../token/json.ts';
import { MAX_AUDIENCE_CHARS, MAX_AUDIENCES, MAX_FORWARDED_CLAIMS, MAX_SCOPE_CHARS, MAX_SCOPES } from './limits.ts';
import {
  MAX_EXPRESSION_CHARS,
  MAX_SUBJECT_RULE_CHARS,
  MAX_TOKEN_LIFETIME_SECONDS,
  MIN_TOKEN_LIFETIME_SECONDS,
} from '../rules/limits.ts';
import { isScopeToken } from '../rules/scope.ts';
import { claimReference } from './identity-provider.ts';
import type { ObjectContract, ObjectView } from './object.ts';
import {
  annotations,
  description,
  identifier,
  labels,
  line,
  list,
  objectName,
  oneOf,
  text,
  timestamp,
  wholeNumber,
} from './values.ts';
import type { StringMap } from './values.ts';

export const SUBJECT_MATCHES = ['exact', 'glob'] as const;
export const AUDIENCE_MATCH_MODES = ['any', 'all', 'exact'] as const;
export const REPLAY_PROTECTIONS = ['off', 'singleUse'] as const;
export const IDENTITY_MODES = ['enforce', 'shadow'] as const;
/** `expired` is read from `expiresAt` and cannot be written. */
export const IDENTITY_STATUSES = ['active', 'inactive', 'expired', 'revoked'] as const;

/** What a caller may write. */
export interface FederatedIdentityInput {
  readonly name?: string;
  readonly description?: string;
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
  readonly serviceAccountIdentity?: string;
  readonly providerIdentity?: string;
  readonly providerSubject?: string;
  readonly providerSubjectMatch?: (typeof SUBJECT_MATCHES)[number];
  readonly trustedAudiences?: readonly string[];
  readonly audienceMatchMode?: (typeof AUDIENCE_MATCH_MODES)[number];
  readonly conditions?: JsonObject | null;
  /** An empty one is none. */
  readonly expression?: string | null;
  readonly allowedScopes?: readonly string[];
  readonly tokenAudiences?: readonly string[];
  /** Seconds. */
  readonly tokenLifetime?: number;
  /** Seconds. */
  readonly maxTokenLifetime?: number;
  readonly forwardedClaims?: readonly string[];
  readonly replayProtection?: (typeof REPLAY_PROTECTIONS)[number];
  readonly mode?: (typeof IDENTITY_MODES)[number];
  readonly status?: (typeof IDENTITY_STATUSES)[number];
  readonly expiresAt?: string | null;
}

/** What the API answers. */
export interface FederatedIdentityView extends ObjectView {
  readonly serviceAccountIdentity: string;
  readonly serviceAccount: { readonly identity: string; readonly name: string; readonly slug: string };
  readonly providerIdentity: string;
  readonly provider: { readonly identity: string; readonly name: string; readonly providerIssuer: string };
  readonly providerSubject: string;
  readonly providerSubjectMatch: (typeof SUBJECT_MATCHES)[number];
  readonly trustedAudiences: readonly string[];
  readonly audienceMatchMode: (typeof AUDIENCE_MATCH_MODES)[number];
  readonly conditions: JsonObject | null;
  readonly expression: string | null;
  readonly allowedScopes: readonly string[];
  readonly tokenAudiences: readonly string[];
  readonly tokenLifetime: number;
  readonly maxTokenLifetime: number;
  readonly forwardedClaims: readonly string[];
  readonly replayProtection: (typeof REPLAY_PROTECTIONS)[number];
  readonly mode: (typeof IDENTITY_MODES)[number];
  readonly status: (typeof IDENTITY_STATUSES)[number];
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
}

/** What a matcher may be is decided by rules/conditions.ts; this is its outline. */
const conditions: z.ZodType<JsonObject> = z
  .record(z.string(), z.unknown(), 'must be a map of claims to matchers')
  .transform((value) => value as JsonObject);
const lifetime = wholeNumber(MIN_TOKEN_LIFETIME_SECONDS, MAX_TOKEN_LIFETIME_SECONDS);
export const scope: z.ZodString = text(1, MAX_SCOPE_CHARS).refine(
  isScopeToken,
  'must be a scope: visible ASCII without spaces, quotes and backslashes',
);
const audiences = list(line(1, MAX_AUDIENCE_CHARS), MAX_AUDIENCES);

export const federatedIdentityContract: ObjectContract<FederatedIdentityInput> = {
  members: {
    name: objectName,
    description,
    labels,
    annotations,
    serviceAccountIdentity: identifier('sa').describe('Who the workload acts as; cannot be changed'),
    providerIdentity: identifier('idp').describe('Whose tokens the rule is for; cannot be changed'),
    providerSubject: text(1, MAX_SUBJECT_RULE_CHARS).describe("The token's subject to match"),
    providerSubjectMatch: oneOf(SUBJECT_MATCHES).describe(
      '`exact` where it is absent; in a `glob`, `*` is any run without `:` or `/`, and `**` any run',
    ),
    trustedAudiences: audiences.describe(
      "Audiences the token may be meant for; an empty list is this deployment's own address, never any",
    ),
    audienceMatchMode: oneOf(AUDIENCE_MATCH_MODES).describe(
      "`any`: at least one of the token's is trusted (where it is absent); `all`: every one; `exact`: the same set",
    ),
    conditions: conditions.describe(
      'Claim (or JSON Pointer) to matcher: a scalar, a list, or {glob}, {anyOf}, {allOf}, {containsAll}, {not}, {exists}',
    ),
    expression: text(0, MAX_EXPRESSION_CHARS).describe('CEL over `claims`, without regular expressions'),
    allowedScopes: list(scope, MAX_SCOPES).describe('Scopes a token may carry'),
    tokenAudiences: audiences.describe(
      'Audiences a token may be issued for; an empty list is the default audience of the deployment',
    ),
    tokenLifetime: lifetime.describe('Seconds; 3600 where it is absent'),
    maxTokenLifetime: lifetime.describe(
      'Seconds a token may live at most, whatever is asked for; 3600 where it is absent',
    ),
    forwardedClaims: list(claimReference, MAX_FORWARDED_CLAIMS).describe('Claims that are copied into `upstream`'),
    replayProtection: oneOf(REPLAY_PROTECTIONS).describe('`singleUse`: a token is exchanged at most once'),
    mode: oneOf(IDENTITY_MODES).describe('`shadow`: never grants, records what it would have done'),
    status: oneOf(IDENTITY_STATUSES).describe('`expired` is read from `expiresAt` and cannot be written'),
    expiresAt: timestamp,
  },
  required: ['name', 'serviceAccountIdentity', 'providerIdentity', 'providerSubject'],
  immutable: ['serviceAccountIdentity', 'providerIdentity'],
  // Go clients send null for the two lists that they leave empty, too.
  nullIsAbsent: ['description', 'labels', 'annotations', 'trustedAudiences', 'allowedScopes'],
  nullClears: ['conditions', 'expression', 'expiresAt'],
  readOnly: [
    'identity',
    'createdAt',
    'updatedAt',
    'objectVersion',
    'serviceAccount',
    'provider',
    'lastUsedAt',
    'warnings',
  ],
};
