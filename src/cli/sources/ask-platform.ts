// Asks a platform's endpoint, again if that can help: timeouts, 408, 429 and 5xx, with jitter; any other 4xx is final.

import { CliFailure } from '../failure.ts';
import { sourceFailure } from './failure.ts';
import { PLATFORM_ATTEMPTS, PLATFORM_FIRST_RETRY_MS, PLATFORM_LONGEST_RETRY_MS } from './limits.ts';
import { PassingTrouble, PlatformFailure, quoteComplaint } from '../../platforms/failure.ts';
import { PLATFORM_TIMEOUT_MS } from '../../platforms/limits.ts';
import type { PlatformAnswer, PlatformRequest, System } from '../../platforms/source.ts';

/** The successful answer. Throws `platform_refused` or, after four tries, `platform_unavailable`. */
export async function askPlatform(system: System, title: string, request: PlatformRequest): Promise<PlatformAnswer> {
  return await tryRepeatedly(system, title, async () => {
    const answer = await system.send(request, PLATFORM_TIMEOUT_MS);
    if (answer.status >= 200 && answer.status < 300) return answer;
    const complaint = `${answer.status} ${quoteComplaint(answer.text)}`.trim();
    if (answer.status === 408 || answer.status === 429 || answer.status >= 500)
      throw new PassingTrouble(complaint, answer.headers.get('retry-after'));
    const message = `${title} refused to give an ID token: ${complaint}`;
    throw sourceFailure('platform_refused', message, undefined, answer.status);
  });
}

/** Makes the failure of the last try. */
type GaveUp = (title: string, reason: string) => CliFailure;

/** Does the work up to four times: an expected failure is final, any other error is tried again and ends as `platform_unavailable`. */
export async function tryRepeatedly<T>(
  { sleep, random }: Pick<System, 'sleep' | 'random'>,
  title: string,
  work: () => Promise<T>,
  gaveUp: GaveUp = noIdToken,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof CliFailure || error instanceof PlatformFailure || !(error instanceof Error)) throw error;
      if (attempt === PLATFORM_ATTEMPTS) throw gaveUp(title, reasonOf(error));
      await sleep(pauseMs(attempt, error instanceof PassingTrouble ? error.retryAfter : null, random()));
    }
  }
}

function noIdToken(title: string, reason: string): CliFailure {
  return sourceFailure(
    'platform_unavailable',
    `${title} gave no ID token in ${PLATFORM_ATTEMPTS} tries; the last time: ${reason}`,
    'This is between the job and its platform; Cambist was not asked yet. Try again, and look at the status page of the platform.',
  );
}

/**
 * Milliseconds to wait after a try: what `retry-after` says in seconds, else half to all of a doubling span.
 * @internal Its bounds are tested without waiting.
 */
export function pauseMs(attempt: number, retryAfter: string | null, random: number): number {
  if (retryAfter !== null && /^\d{1,6}$/.test(retryAfter))
    return Math.min(Number(retryAfter) * 1_000, PLATFORM_LONGEST_RETRY_MS);
  return PLATFORM_FIRST_RETRY_MS * 2 ** (attempt - 1) * (0.5 + random / 2);
}

function reasonOf(error: Error): string {
  if (error instanceof PassingTrouble) return error.message;
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'no answer in time';
  const { cause } = error;
  for (const one of [cause, error])
    if (one instanceof Error && 'code' in one && typeof one.code === 'string') return one.code;
  return quoteComplaint(error.message);
}
