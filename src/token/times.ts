// Checks a token's times against one clock reading (RFC 7519 §4.1, contract §3); reads no clock of its own.

import { denial } from '../exchange/denial.ts';
import type { StatedDenial } from '../exchange/denial.ts';
import type { JsonObject } from './json.ts';
import { CLOCK_SKEW_SECONDS } from './limits.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';

export interface TimeRules {
  readonly maxLifetimeSeconds: number;
  /** JWT-SVIDs may lack `iat`; their lifetime then counts from now. */
  readonly iatOptional: boolean;
}

/** NumericDates. */
export interface TokenTimes {
  readonly expiresAt: number;
  readonly issuedAt: number | null;
}

type TimeClaim = 'exp' | 'iat' | 'nbf';

/** Checks `exp`, `iat`, `nbf` and the lifetime they make at `now` (NumericDate); fractions of a second are accepted. */
export function checkTimes(claims: JsonObject, now: number, rules: TimeRules): Result<TokenTimes, StatedDenial> {
  const read = readTimes(claims, rules);
  if (!read.ok) return read;
  const { exp, iat, nbf } = read.value;
  if (exp < Math.max(iat ?? exp, nbf ?? exp))
    return invalid('exp', 'is before iat or nbf, so the token was never valid');
  if (now - CLOCK_SKEW_SECONDS >= exp) {
    return refuse(denial('token_expired', `the token expired ${seconds(now - exp)} ago: ${clocks('exp', exp, now)}`));
  }
  for (const [name, value] of [
    ['nbf', nbf],
    ['iat', iat],
  ] as const) {
    if (value === null || value - CLOCK_SKEW_SECONDS <= now) continue;
    const message = `the token ${name === 'nbf' ? 'becomes valid' : 'says that it is issued'} in ${seconds(value - now)}: ${clocks(name, value, now)}`;
    return refuse(denial('token_not_yet_valid', message));
  }
  // Counted from iat if there is one: the limit is for a token that lives for a year, even if it is about to expire.
  const lifetime = exp - (iat ?? now);
  if (lifetime > rules.maxLifetimeSeconds) {
    const message = `the token is valid for ${seconds(lifetime)}, longer than a token of its issuer may be here`;
    const detail = `${message}: maxTokenLifetime of its identity provider is ${seconds(rules.maxLifetimeSeconds)}`;
    return refuse(denial('token_lifetime_too_long', message, detail));
  }
  return ok({ expiresAt: exp, issuedAt: iat });
}

interface ReadTimes {
  readonly exp: number;
  readonly iat: number | null;
  readonly nbf: number | null;
}

function readTimes(claims: JsonObject, { iatOptional }: TimeRules): Result<ReadTimes, StatedDenial> {
  const exp = readTime(claims, 'exp', true);
  if (!exp.ok) return exp;
  const iat = readTime(claims, 'iat', !iatOptional);
  if (!iat.ok) return iat;
  const nbf = readTime(claims, 'nbf', false);
  if (!nbf.ok) return nbf;
  // readTime answers null for an absent optional claim alone.
  return ok({ exp: exp.value ?? 0, iat: iat.value, nbf: nbf.value });
}

function readTime(claims: JsonObject, name: TimeClaim, required: boolean): Result<number | null, StatedDenial> {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  if (value === undefined) return required ? invalid(name, 'is missing') : ok(null);
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    return invalid(name, 'is not a time in seconds since 1970 (RFC 7519 NumericDate)');
  return ok(value);
}

function invalid(name: TimeClaim, fault: string): { readonly ok: false; readonly error: StatedDenial } {
  return refuse(denial('time_claim_invalid', `the claim ${name} of the token ${fault}`));
}

function seconds(duration: number): string {
  const whole = Math.round(duration);
  return whole === 1 ? '1 second' : `${whole} seconds`;
}

function clocks(name: TimeClaim, value: number, now: number): string {
  return `its ${name} is ${value}, this service's clock is ${Math.floor(now)}`;
}
