// How a platform's own part fails: with what is missing and what to do, which the command line then shows.

import { MAX_COMPLAINT_CHARS } from './limits.ts';

/** An expected failure; the code `usage` means that what the user gave is wrong. */
export class PlatformFailure extends Error {
  override readonly name = 'PlatformFailure';
  readonly next: string | undefined;
  /** Stable: `usage`, `source_incomplete`, `platform_refused`, … */
  readonly code: string;
  constructor(message: string, next?: string, code = 'usage') {
    super(message);
    this.next = next;
    this.code = code;
  }
}

/** An answer, or the lack of one, that may be different the next time. */
export class PassingTrouble extends Error {
  override readonly name = 'PassingTrouble';
  readonly retryAfter: string | null;
  constructor(message: string, retryAfter: string | null = null) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/** The beginning of somebody else's text on one line, with nothing in it that looks like a token or moves a cursor. */
export function quoteComplaint(text: string): string {
  const safe = text
    .replaceAll(/[\w-]{16,}\.[\w-]{8,}(\.[\w-]*)?/g, '[token]')
    .replaceAll(/[^\x20-\x7E]+/g, ' ')
    .trim();
  return safe.length > MAX_COMPLAINT_CHARS ? `${safe.slice(0, MAX_COMPLAINT_CHARS)}…` : safe;
}
