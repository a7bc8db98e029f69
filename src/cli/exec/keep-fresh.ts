// Renews a token in a file before it ends, for as long as the command runs; a failure is told and tried again while that can help.

import type { ExchangedToken } from '../../sdk/client/index.ts';
import { CliFailure } from '../failure.ts';
import { LONGEST_RENEW_SECONDS, RENEW_AGAIN_SECONDS, RENEW_SHARE } from './limits.ts';

export interface FreshFile {
  /** How people call it. */
  readonly name: string;
  /** Gets a new token, from an ID token read anew, and writes it. */
  readonly renew: () => Promise<ExchangedToken>;
}

/** Starts renewing; the function returned ends it and resolves once nothing is being written any more. */
export function keepFresh(
  file: FreshFile,
  first: ExchangedToken,
  warn: (text: string) => void,
  now: () => number = Date.now,
): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let isOver = false;

  const plan = (delayMs: number, current: ExchangedToken): void => {
    if (isOver) return;
    timer = setTimeout(
      () => {
        running = renew(current);
      },
      Math.max(0, delayMs),
    );
  };
  const renew = async (current: ExchangedToken): Promise<void> => {
    try {
      const next = await file.renew();
      plan(renewInMs(next, now()), next);
    } catch (error) {
      if (!(error instanceof CliFailure)) throw error;
      const endsInMs = current.expiresAt.getTime() - now();
      const isPassing =
        error.details.status === undefined || error.details.status === 429 || error.details.status >= 500;
      warn(`${file.name} could not be renewed: ${error.message}`);
      // A refusal stays one; the command has what it has until that ends.
      if (isPassing && endsInMs > 0) plan(RENEW_AGAIN_SECONDS * 1000, current);
      else warn(`${file.name} is good until ${current.expiresAt.toISOString()} and will not be renewed.`);
    }
  };
  plan(renewInMs(first, now()), first);
  return async () => {
    isOver = true;
    clearTimeout(timer);
    await running;
  };
}

/** Milliseconds until a token should be renewed: in the last fifth of its life. */
function renewInMs({ expiresAt, expiresIn }: Pick<ExchangedToken, 'expiresAt' | 'expiresIn'>, nowMs: number): number {
  const early = Math.min(expiresIn * RENEW_SHARE, LONGEST_RENEW_SECONDS);
  return Math.max(0, expiresAt.getTime() - early * 1000 - nowMs);
}
