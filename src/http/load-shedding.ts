// Sheds load by the platform's rate limiter; it protects capacity, not access.

import { inTime } from '../timeout.ts';
import { RATE_LIMITER_TIMEOUT_MS } from './limits.ts';
import { sourceOf } from './source.ts';

/** Says whether a caller may go on. If the limiter itself fails or hangs, the request goes on to every check. */
export function loadShedding(
  limiter: RateLimit | null,
  log: (event: Readonly<Record<string, unknown>>) => void,
): (caller: string) => Promise<boolean> {
  return async (caller) => {
    if (limiter === null) return true;
    try {
      return (await inTime(limiter.limit({ key: sourceOf(caller) }), RATE_LIMITER_TIMEOUT_MS)).success;
    } catch (error) {
      log({ level: 'error', event: 'rate_limiter.failed', detail: String(error) });
      return true;
    }
  };
}
