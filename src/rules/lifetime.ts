// The two ways to write a lifetime (contract §3) and the cap an identity puts on it; knows no clock.

import { MAX_LIFETIME_CHARS, MAX_TOKEN_LIFETIME_SECONDS } from './limits.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';

const NANOSECONDS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  // Go accepts the micro sign and the Greek letter.
  '\u00B5s': 1_000n,
  '\u03BCs': 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const UNIT = '(?:ns|us|\u00B5s|\u03BCs|ms|s|m|h)';
const DURATION = new RegExp(`^\\+?(?:(?:\\d+\\.?\\d*|\\.\\d+)${UNIT})+$`);
const DURATION_PART = new RegExp(`(\\d*)\\.?(\\d*)(${UNIT})`, 'g');
/** What a Go duration can hold. */
const MAX_DURATION_NANOSECONDS = 2n ** 63n - 1n;

/**
 * Reads whole seconds (`7200`) or a Go duration (`1h30m`, `1.5h`, `39600s`; the grammar of time.ParseDuration), floored to
 * whole seconds. Null for anything else and for less than one second; what is too long is capped later, not refused.
 */
export function parseLifetime(text: string): number | null {
  if (text.length > MAX_LIFETIME_CHARS) return null;
  const seconds = /^\d+$/.test(text) ? BigInt(text) : durationSeconds(text);
  if (seconds === null || seconds < 1n) return null;
  return seconds > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(seconds);
}

/** Seconds a token of the identity lives: what was requested, else its default, never above its cap or the service's. */
export function capLifetime(
  requestedSeconds: number | null,
  identity: Pick<FederatedIdentity, 'tokenLifetime' | 'maxTokenLifetime'>,
): number {
  const wanted = requestedSeconds ?? identity.tokenLifetime;
  return Math.min(wanted, identity.maxTokenLifetime, MAX_TOKEN_LIFETIME_SECONDS);
}

function durationSeconds(text: string): bigint | null {
  if (!DURATION.test(text)) return null;
  let nanoseconds = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of text.matchAll(DURATION_PART)) {
    const scale = NANOSECONDS[unit] ?? 0n;
    nanoseconds += BigInt(whole) * scale + (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
  }
  return nanoseconds > MAX_DURATION_NANOSECONDS ? null : nanoseconds / 1_000_000_000n;
}
