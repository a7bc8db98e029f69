// Makes one failure out of everything that can go wrong, with the summary that explains it; prints nothing.

import { CliFailure } from '../cli/failure.ts';
import { PlatformFailure } from '../platforms/failure.ts';
import { TokenExchangeError } from '../sdk/client/errors.ts';
import { refusalSummary } from './summary.ts';
import type { Refusal } from './summary.ts';

/** What the run shows: a text for the annotation, and markdown for its page. */
export interface ShownFailure {
  readonly text: string;
  readonly summary: string;
}

/** A refusal of the deployment or of a cloud, with what is known about it. */
export class RefusedError extends Error {
  readonly refusal: Refusal;
  constructor(message: string, refusal: Refusal) {
    super(message);
    this.refusal = refusal;
  }
}

/** Any thrown value as it may be shown. */
export function shownFailure(error: unknown): ShownFailure {
  if (error instanceof RefusedError) return { text: error.message, summary: refusalSummary(error.refusal) };
  const [text, next] = wordsOf(error);
  return {
    text: next === undefined ? text : `${text}\n${next}`,
    summary: refusalSummary({
      title: 'this step got no credentials',
      reason: next === undefined ? text : `${text}\n\n${next}`,
      requestId: null,
      refused: null,
      asked: {},
      command: null,
    }),
  };
}

function wordsOf(error: unknown): [text: string, next: string | undefined] {
  if (error instanceof CliFailure) return [error.message, error.details.next];
  if (error instanceof PlatformFailure) return [error.message, error.next];
  if (error instanceof TokenExchangeError) return [error.message, undefined];
  return [`Unexpected: ${error instanceof Error ? error.message : 'an error without a message'}`, undefined];
}
