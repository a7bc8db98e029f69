// The list of platforms, and what the Worker knows of each, as data. One engine (rules/rule.ts) reads them all.

import type { JsonValue } from '../token/json.ts';

/**
 * Every platform: the name of its folder, and of its preset on the wire. Everything else follows from this list and the
 * folders (`npm run generate`). The order is that of the help, and that in which a job's token is looked for.
 */
export const PRESET_NAMES = [
  'github',
  'gitlab',
  'bitbucket',
  'circleci',
  'buildkite',
  'terraform-cloud',
  'azure-devops',
  'codefresh',
  'semaphore',
  'spacelift',
  'pulumi',
  'jenkins',
  'gocdnext',
  'vercel',
  'forgejo',
  'buddy',
  'scalr',
  'octopus',
  'ansible',
  'cloudflare-access',
  'spiffe',
  'fly',
  'kubernetes',
  // Before Azure and AWS: their variables are easily set elsewhere too.
  'google',
  'azure',
  'aws',
  'generic',
] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

/**
 * A token that is dangerous by default, as data. It is refused unless the identity's `conditions` list the dangerous value
 * of `liftedBy` positively: a scalar, a list, `anyOf` or `allOf`.
 * - `allowOnly`: the claim, if present, must be one of the values.
 * - `refuse`: the claim must not be one of the values.
 * - `differs`: if `when` holds, the two claims must be equal (refused if they differ or either is absent).
 */
export type PresetGuard = {
  /** The claim whose dangerous value an identity lists in `conditions` to take the decision itself. */
  readonly liftedBy: string;
  /** One sentence: who could get such a token. */
  readonly why: string;
} & (
  | { readonly kind: 'allowOnly'; readonly claim: string; readonly values: readonly JsonValue[] }
  | { readonly kind: 'refuse'; readonly claim: string; readonly values: readonly JsonValue[] }
  | {
      readonly kind: 'differs';
      readonly when: { readonly claim: string; readonly value: JsonValue };
      readonly claims: readonly [string, string];
    }
);

/** An issuer that many tenants share, and what in a rule names one of them (contract §5.3). */
export interface Tenancy {
  /** The issuers, in the form of `issuers`; the platform's others belong to one tenant each. */
  readonly sharedIssuers: readonly string[];
  /**
   * Beginnings of `sub` that name a tenant. A rule has to write the `{tenant}`, and every other `{name}` before it,
   * literally; each is a run up to the character that follows it. `{uuid}` and `{number}` are ids that the platform gave.
   */
  readonly subjects: readonly string[];
  /** True if tenants compose `sub` of claims themselves, as `key:value:key:value`: a pair of a tenant claim names one, too. */
  readonly isComposed: boolean;
  /** Claims that say which tenant it is, and that no workload chooses for itself. */
  readonly tenantClaims: readonly string[];
}

export interface Preset {
  readonly name: PresetName;
  /** As the platform calls itself. */
  readonly title: string;
  /**
   * Issuers that select this preset by default: exact strings, or patterns in which `{name}` stands for one non-empty
   * run without `/` (`https://gitlab.com`, `https://oidc.circleci.com/org/{org}`).
   */
  readonly issuers: readonly string[];
  /** `github` derives both subject forms from signed claims; every other platform compares `sub` literally. */
  readonly subjectForms: 'literal' | 'github';
  /** Set for `spiffe`: `iss`, `iat` and `kid` may be absent and keys may say `use: "jwt-svid"`. */
  readonly jwtSvid: boolean;
  readonly guards: readonly PresetGuard[];
  /** Null if every issuer of the platform belongs to one tenant. */
  readonly tenancy: Tenancy | null;
  /** Claims (or JSON Pointers) that differ in every run of one job: refusals that differ only in them are counted as one. */
  readonly runClaims: readonly string[];
  /** `null`: the job chooses its audience. */
  readonly fixedAudience: string | null;
}
