// What the IAM API asks of whoever reaches issuers: fetch their keys now, and say what is wrong with them; pure types.

import type { IdentityProvider } from './identity-provider.ts';
import type { Result } from '../exchange/result.ts';

/** Keys just fetched, not yet in use. */
export interface RefreshedKeys {
  readonly keys: readonly { readonly kid: string | null; readonly alg: string | null }[];
  /** Hands them to other isolates, for the provider as it is after the refresh. */
  readonly keep: (provider: IdentityProvider) => Promise<void>;
}

export const ISSUER_CHECKS = [
  'status',
  'discovery',
  'issuer',
  'jwks_uri',
  'jwks',
  'keys',
  'algorithms',
  'clock',
] as const;
export const VERDICTS = ['ok', 'warning', 'failed'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What one look at an issuer found. */
export interface IssuerFinding {
  readonly check: (typeof ISSUER_CHECKS)[number];
  readonly verdict: Verdict;
  readonly detail: string;
  /** What mends it; null if nothing has to be mended. */
  readonly advice: string | null;
}

export interface IssuerPort {
  /** Fetches at `now` (epoch seconds); the refusal is for an operator: it names addresses and statuses, no bodies. */
  readonly fetchKeys: (provider: IdentityProvider, now: number) => Promise<Result<RefreshedKeys, string>>;
  /** Looks at everything that verifying needs of an issuer, as far as it gets; changes nothing. */
  readonly check: (provider: IdentityProvider, now: number) => Promise<readonly IssuerFinding[]>;
}
