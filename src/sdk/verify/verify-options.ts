// What an API says about the tokens it accepts, checked before any token is looked at; options that could refuse nothing are a mistake.

import type { Fetch } from './fetch-json.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import { DEFAULT_CLOCK_SKEW_SECONDS, MAX_CLOCK_SKEW_SECONDS } from './limits.ts';

/**
 * Which tokens an API accepts.
 *
 * @example
 * ```ts
 * import type { VerifyOptions } from '@cambist/sdk/verify';
 *
 * const options: VerifyOptions = {
 *   issuer: 'https://cambist.example.com',
 *   audience: 'https://api.example.com',
 *   organisation: 'org_00000000000000000000000000',
 * };
 * ```
 */
export interface VerifyOptions {
  /** The deployment that is trusted: its ISSUER_URL, exactly. */
  readonly issuer: string;
  /** What this API is called in `aud`; one of several names is enough. */
  readonly audience: string | readonly string[];
  /** Ids (`org_…`) of the organisations whose tokens count: an audience belongs to nobody, so any of them may have tokens for it. `'any'` lets all of the deployment in. */
  readonly organisation: string | readonly string[];
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

export interface CheckedOptions {
  readonly audiences: readonly string[];
  /** Null if tokens of every organisation count. */
  readonly organisations: readonly string[] | null;
  readonly skewSeconds: number;
}

/** The options as verification needs them. Throws TypeError if they are incomplete, or could not refuse anything. */
export function checkVerifyOptions({
  audience,
  organisation,
  clockSkewSeconds = DEFAULT_CLOCK_SKEW_SECONDS,
}: VerifyOptions): CheckedOptions {
  const audiences = listOf(audience);
  // An API that does not know its own name would accept every token of the deployment.
  if (audiences.length === 0 || audiences.some((one) => typeof one !== 'string' || one === '')) {
    throw new TypeError('audience must name this API');
  }
  if (!(clockSkewSeconds >= 0 && clockSkewSeconds <= MAX_CLOCK_SKEW_SECONDS)) {
    throw new TypeError(`clockSkewSeconds must be from 0 to ${MAX_CLOCK_SKEW_SECONDS}`);
  }
  return { audiences, organisations: organisationsOf(organisation), skewSeconds: clockSkewSeconds };
}

/** Whoever installs this without types can leave the option out, so it is checked as if it could be anything. */
function organisationsOf(organisation: unknown): readonly string[] | null {
  if (organisation === 'any') return null;
  const ids: unknown = typeof organisation === 'string' ? [organisation] : organisation;
  if (Array.isArray(ids) && ids.length > 0 && ids.every((id) => typeof id === 'string' && /^org_\w/.test(id))) {
    return ids as readonly string[];
  }
  throw new TypeError(
    "organisation must be the id (org_…) of the organisation whose tokens count, or several; 'any' accepts the tokens of every organisation of the deployment",
  );
}

/** One or several, as a list. */
export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
