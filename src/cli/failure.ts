// What a command fails with: what happened, why, and what to do next; the entry prints it and chooses the exit code.

export interface FailureDetails {
  /** Stable, for scripts: `missing_setting`, `refused`, `unreachable`, … */
  readonly code: string;
  /** What to do next; a sentence or a command line. */
  readonly next?: string;
  /** 2 if the command was used wrongly, 1 for everything else. */
  readonly exitCode?: 1 | 2;
  readonly requestId?: string | null;
  readonly status?: number;
  /** Seconds that the service asks to wait. */
  readonly retryAfterSeconds?: number;
  /** The members of a request that the service named. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** An expected failure of a command; everything else that is thrown is a bug. */
export class CliFailure extends Error {
  readonly details: FailureDetails;
  constructor(message: string, details: FailureDetails) {
    super(message);
    this.name = 'CliFailure';
    this.details = details;
  }
}

/** A failure because the command was used wrongly: exit 2. */
export function usageFailure(message: string, next?: string): CliFailure {
  return new CliFailure(message, { code: 'usage', exitCode: 2, ...(next === undefined ? {} : { next }) });
}
