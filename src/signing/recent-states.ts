// Keeps for a moment what storage said of our keys, so that whoever fetches the JWK Set often costs storage nothing.

import { PUBLISHED_KEYS_SECONDS } from './limits.ts';

/** What was read lately. */
export interface Recent<T> {
  /** What was read at `now` (epoch seconds) or a moment before. */
  readonly at: (now: number) => Promise<T>;
  /** Reads anew the next time: this isolate has just changed it. */
  readonly forget: () => void;
}

/** Remembers what was read. A failure is not kept, and neither is a promise, which another request must not await. */
export function rememberBriefly<T>(read: (now: number) => Promise<T>): Recent<T> {
  let last: { readonly value: T; readonly readAt: number } | null = null;
  let changes = 0;
  return {
    at: async (now) => {
      // A clock that was set back must not make what was read once hold for longer.
      if (last !== null && now >= last.readAt && now - last.readAt < PUBLISHED_KEYS_SECONDS) return last.value;
      const before = changes;
      const value = await read(now);
      // What was read before this isolate changed it is not worth keeping.
      if (before === changes) last = { value, readAt: now };
      return value;
    },
    forget: () => {
      changes += 1;
      last = null;
    },
  };
}
