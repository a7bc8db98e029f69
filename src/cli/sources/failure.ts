// How getting an ID token fails: always a CliFailure that says what is missing and what to do.

import { CliFailure } from '../failure.ts';

export type SourceFailureCode =
  /** Nothing here gives an ID token. */
  | 'no_source'
  /** The platform is here, but this job may not have a token. */
  | 'source_incomplete'
  /** Several tokens would fit. */
  | 'source_ambiguous'
  /** The platform's endpoint did not answer, or not usefully, after all tries. */
  | 'platform_unavailable'
  /** The platform's endpoint refused; trying again does not help. */
  | 'platform_refused'
  /** What came back is no token. */
  | 'not_a_token';

/** A failure of a source. */
export function sourceFailure(code: SourceFailureCode, message: string, next?: string, status?: number): CliFailure {
  return new CliFailure(message, {
    code,
    ...(next === undefined ? {} : { next }),
    ...(status === undefined ? {} : { status }),
  });
}
