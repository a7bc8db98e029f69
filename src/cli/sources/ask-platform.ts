// Asks a platform's endpoint, again where that can help: timeouts, 408, 429 and 5xx, with jitter; any other 4xx is final.

import { quoteComplaint, sourceFailure } from './failure.ts';
import {
  PLATFORM_ATTEMPTS,
  PLATFORM_FIRST_RETRY_MS,
  PLATFORM_LONGEST_RETRY_MS,
  PLATFORM_TIMEOUT_MS,
} from './limits.ts';
import type { PlatformAnswer, PlatformRequest, Surroundings } from './source.ts';

/** The successful answer. Throws `platform_refused` or, after four tries, `platform_unavailable`. */
export async function askPlatform(
  surroundings: Surroundings,
  title: string,
  request: PlatformRequest,
): Promise<PlatformAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    let complaint: string;
    let retryAfter: string | null = null;
    try {
      const answer = await surroundings.send(request, PLATFORM_TIMEOUT_MS);
      if (answer.status >= 200 && answer.status < 300) return answer;
      complaint = `${answer.status} ${quoteComplaint(answer.text)}`.trim();
      if (!isPassing(answer.status)) {
        throw sourceFailure(
          'platform_refused',
          `${title} refused to give an ID token: ${complaint}`,
          undefined,
          answer.status,
        );
      }
      retryAfter = answer.headers.get('retry-after');
    } catch (error) {
      if (!(error instanceof Error) || error.name === 'CliFailure') throw error;
      complaint = reasonOf(error);
    }
    if (attempt === PLATFORM_ATTEMPTS) {
      throw sourceFailure(
        'platform_unavailable',
        `${title} gave no ID token in ${PLATFORM_ATTEMPTS} tries; the last answer: ${complaint}`,
        'This is between the job and its platform; Cambist was not asked yet. Try again, and look at the status page of the platform.',
      );
    }
    await surroundings.sleep(pauseMs(attempt, retryAfter, surroundings.random()));
  }
}

function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** Milliseconds to wait after a try: what `retry-after` says in seconds, else a random part of a doubling span. */
export function pauseMs(attempt: number, retryAfter: string | null, random: number): number {
  if (retryAfter !== null && /^\d{1,6}$/.test(retryAfter))
    return Math.min(Number(retryAfter) * 1_000, PLATFORM_LONGEST_RETRY_MS);
  return PLATFORM_FIRST_RETRY_MS * 2 ** (attempt - 1) * (0.5 + random / 2);
}

function reasonOf(error: Error): string {
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'no answer in time';
  const cause = error.cause ?? error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return quoteComplaint(error.message);
}
