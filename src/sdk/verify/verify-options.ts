// What an API says about the tokens it accepts, checked before any token is looked at; options that could refuse nothing are a mistake.

import type { Fetch } from './fetch-json.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import { DEFAULT_CLOCK_SKEW_SECONDS, MAX_CLOCK_SKEW_SECONDS } from './limits.ts';

export interface VerifyOptions {
  /** The deployment that is trusted: its ISSUER_URL, exactly. */
  readonly issuer: string;
  /** What this API is called in `aud`; one of several names is enough. */
  readonly audience: string | readonly string[];
  /** Ids (`org_…`) of the organisations whose tokens count. Name yours wherever others share the deployment: an audience belongs to nobody. */
  readonly organisation?: string | readonly string[] | undefined;
  /** Scopes that are needed, all of them. */
  readonly scope?: string | readonly string[] | undefined;
  /** Slugs of roles that are needed, all of them, as the token holds them. */
  readonly role?: string | readonly string[] | undefined;
  /** Seconds of clock difference; default 60, at most 300. */
  readonly clockSkewSeconds?: number | undefined;
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** Default: keys remembered by issuer and `fetch`. */
  readonly keys?: IssuerKeys | undefined;
}

/** The options as verification needs them. Throws TypeError where they could not refuse anything. */
export function checkVerifyOptions({ audience, clockSkewSeconds = DEFAULT_CLOCK_SKEW_SECONDS }: VerifyOptions): {
  audiences: readonly string[];
  skewSeconds: number;
} {
  const audiences = listOf(audience);
  // An API that does not know its own name would accept every token of the deployment.
  if (audiences.length === 0 || audiences.some((one) => typeof one !== 'string' || one === '')) {
    throw new TypeError('audience must name this API');
  }
  if (!(clockSkewSeconds >= 0 && clockSkewSeconds <= MAX_CLOCK_SKEW_SECONDS)) {
    throw new TypeError(`clockSkewSeconds must be from 0 to ${MAX_CLOCK_SKEW_SECONDS}`);
  }
  return { audiences, skewSeconds: clockSkewSeconds };
}

/** One or several, as a list. */
export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
