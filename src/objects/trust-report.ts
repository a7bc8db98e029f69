// The trust report as the API answers it (contract §11): what of the trust that was given can be taken away.

import type { Conditions } from './conditions.ts';
import {
  arrayOf,
  anyObject,
  boolean,
  dateTime,
  described,
  integer,
  object,
  oneOfTexts,
  orNull,
  string,
} from './json-schema.ts';
import type { JsonObject } from '../token/json.ts';

/** In the order in which an identity's findings stand. */
export const FINDING_CODES = [
  'never_matched',
  'unused',
  'over_broad',
  'shadowed',
  'excess_scope',
  'excess_audience',
  'excess_lifetime',
] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

/** What can be said against an identity as it is. */
export interface TrustFinding {
  readonly code: FindingCode;
  readonly detail: string;
}

/** The members of an identity that a proposal can change. */
export interface ProposedMembers {
  readonly providerSubject?: string;
  readonly providerSubjectMatch?: 'exact' | 'glob';
  readonly trustedAudiences?: readonly string[];
  readonly conditions?: Conditions;
  readonly allowedScopes?: readonly string[];
  readonly tokenAudiences?: readonly string[];
  /** Seconds. */
  readonly tokenLifetime?: number;
  readonly maxTokenLifetime?: number;
}

/** A narrower rule, and what became of the recorded grants when they were tried with it. */
export interface TrustProposal extends ProposedMembers {
  readonly wouldStillGrant: number;
  /** What it refuses and today's rule accepts, in words. */
  readonly wouldNoLongerGrant: readonly string[];
  /** Recorded grants that today's rule refuses already, since it was changed after them. */
  readonly alreadyRefused: number;
  /** Recorded grants whose claims, or what they asked for, were not kept whole. */
  readonly notTried: number;
}

/** One identity of the report. Times are RFC 3339 in UTC. */
export interface IdentityTrustView {
  readonly identity: string;
  readonly name: string;
  readonly serviceAccount: { readonly identity: string; readonly name: string; readonly slug: string };
  readonly mode: string;
  readonly status: string;
  readonly lastUsedAt: string | null;
  readonly grants90d: number;
  readonly complete: boolean;
  readonly findings: readonly TrustFinding[];
  readonly proposal: TrustProposal | null;
}

/** What the API answers. */
export interface TrustReportView {
  readonly generatedAt: string;
  readonly identities: readonly IdentityTrustView[];
}

/** The names of the members that a proposal can change, as an update writes them. */
export const PROPOSED_MEMBERS: readonly (keyof ProposedMembers)[] = [
  'providerSubject',
  'providerSubjectMatch',
  'trustedAudiences',
  'conditions',
  'allowedScopes',
  'tokenAudiences',
  'tokenLifetime',
  'maxTokenLifetime',
];

const proposalSchema: JsonObject = object(
  {
    providerSubject: string,
    providerSubjectMatch: oneOfTexts(['exact', 'glob']),
    trustedAudiences: arrayOf(string),
    conditions: anyObject,
    allowedScopes: arrayOf(string),
    tokenAudiences: arrayOf(string),
    tokenLifetime: integer,
    maxTokenLifetime: integer,
    wouldStillGrant: described(
      integer,
      'Recorded grants that were tried with the narrower rule, all of which it grants',
    ),
    wouldNoLongerGrant: described(arrayOf(string), 'What today’s rule accepts and the narrower one refuses, in words'),
    alreadyRefused: described(integer, 'Recorded grants that today’s rule refuses: it was changed after them'),
    notTried: described(integer, 'Recorded grants whose claims, or what they asked for, were not kept whole'),
  },
  PROPOSED_MEMBERS,
);

/** For the reference. */
export const trustReportSchema: JsonObject = object({
  generatedAt: dateTime,
  identities: arrayOf(
    object({
      identity: string,
      name: string,
      serviceAccount: object({ identity: string, name: string, slug: string }),
      mode: oneOfTexts(['enforce', 'shadow']),
      status: oneOfTexts(['active', 'inactive', 'expired', 'revoked']),
      lastUsedAt: orNull(dateTime),
      grants90d: described(
        integer,
        'Grants of the last 90 days that were read, of a shadow rule those that it would have made; if `complete` is false, there are more',
      ),
      complete: described(
        boolean,
        'False if not every grant of the 90 days was read: the newest were, and some from further back',
      ),
      findings: arrayOf(object({ code: oneOfTexts(FINDING_CODES), detail: string })),
      proposal: described(
        orNull(proposalSchema),
        'The members to change for the narrowest rule that the recorded grants need; null if nothing is to gain, or too few grants were recorded',
      ),
    }),
  ),
});
