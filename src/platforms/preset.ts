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
 * A token that is dangerous by default, as data. It is refused unless the identity's `conditions` name the claim `liftedBy`.
 * - `allowOnly`: the claim, where present, must be one of the values.
 * - `refuse`: the claim must not be one of the values.
 * - `differs`: where `when` holds, the two claims must be equal (refused where they differ or either is absent).
 */
export type PresetGuard = {
  /** The claim an identity names in `conditions` to take the decision itself. */
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
  /** `null`: the job chooses its audience. */
  readonly fixedAudience: string | null;
}
