// The member `tokensNotBefore` of what a token rests on (contract §3): when its tokens end before their time.

import type { Member } from './definition.ts';
import { timestamp } from './rule.ts';
import type { TimestampRule } from './rule.ts';

/** Set when the object is disabled, and by `revoke-tokens`. */
export const tokensNotBefore = {
  is: timestamp,
  readOnly: true,
  follows: true,
  null: 'unset',
  default: null,
  description: 'Its tokens that were issued before do not count; set when it is disabled, and by `revoke-tokens`',
} as const satisfies Member<TimestampRule>;

interface TokensEnd {
  readonly tokensNotBefore: number | null;
}

/**
 * The object with all tokens ended that were issued until `now` (epoch seconds), those of this very second too: whatever it
 * issues later in this second is dated with the next one.
 */
export function withTokensEnded<T extends TokensEnd>(object: T, now: number): T {
  return { ...object, tokensNotBefore: Math.max(object.tokensNotBefore ?? 0, now) + 1 };
}

/** The changed object; its tokens end when it is switched off, and none that ended otherwise counts again when it is switched on. */
export function withTokensSettled<T extends TokensEnd>(
  next: T,
  before: T,
  isUsable: (object: T) => boolean,
  now: number,
): T {
  if (isUsable(before) === isUsable(next)) return next;
  if (isUsable(before)) return withTokensEnded(next, now);
  return { ...next, tokensNotBefore: Math.max(next.tokensNotBefore ?? 0, now) };
}
