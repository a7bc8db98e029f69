// Sheds load by the platform's rate limiter; it protects capacity, not access.

import { inTime } from '../timeout.ts';
import { RATE_LIMITER_TIMEOUT_MS } from './limits.ts';
import { sourceOf } from './source.ts';

type Log = (event: Readonly<Record<string, unknown>>) => void;

/** Says whether a caller may go on, by its address. */
export function loadShedding(limiter: RateLimit | null, log: Log): (caller: string) => Promise<boolean> {
  return (caller) => isWithin(limiter, sourceOf(caller), log);
}

/** Says whether an organisation, by its id or slug, may write once more to the IAM API; each has a count of its own. */
export function writeShedding(limiter: RateLimit | null, log: Log): (organisation: string) => Promise<boolean> {
  // No address looks like this.
  return (organisation) => isWithin(limiter, `writes of ${organisation}`, log);
}

/** If the limiter itself fails or hangs, the request goes on to every check. */
async function isWithin(limiter: RateLimit | null, key: string, log: Log): Promise<boolean> {
  if (limiter === null) return true;
  try {
    return (await inTime(limiter.limit({ key }), RATE_LIMITER_TIMEOUT_MS)).success;
  } catch (error) {
    log({ level: 'error', event: 'rate_limiter.failed', detail: String(error) });
    return true;
  }
}
