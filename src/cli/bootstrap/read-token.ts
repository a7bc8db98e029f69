// Reads a real ID token to propose a rule from; trusts nothing of it, and never prints the token itself.

import type { World } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { nameOfFile, readGivenFile } from '../given-file.ts';
import type { JsonObject } from '../../token/json.ts';
import { readToken } from '../subject-token/decode.ts';
import { MAX_TOKEN_BYTES } from '../limits.ts';

export interface RealToken {
  readonly compact: string;
  readonly claims: JsonObject;
}

/** Reads and decodes the token in a file, or on stdin for `-`. */
export async function readRealToken(file: string, world: World): Promise<RealToken> {
  const compact = (await readGivenFile({ file, by: '--from-token' }, world)).trim();
  const read = readToken(compact);
  if (compact.length > MAX_TOKEN_BYTES || compact.split('.').length !== 3 || typeof read === 'string') {
    throw usageFailure(
      `${nameOfFile(file)} holds no ID token.`,
      'It is one line of three parts with dots between them, as the platform gives it to a job.',
    );
  }
  return { compact, claims: read.claims };
}

/** Claims whose values are new in every run. */
const VOLATILE = [
  'jti',
  'sha',
  'run_id',
  'run_number',
  'build_number',
  'build_commit',
  'commit',
  'job_id',
  'pipeline_id_run',
  'stepUuid',
  'ci_config_sha',
];

/**
 * The token's own subject, if the rule of the recipe would not match it: a platform whose subjects were customised.
 * Null if the recipe's rule is the better one.
 */
export function customSubject(
  claims: JsonObject,
  acceptable: readonly { readonly subject: string; readonly isGlob: boolean }[],
): string | null {
  const { sub } = claims;
  if (typeof sub !== 'string' || sub === '') return null;
  if (acceptable.some(({ subject, isGlob }) => (isGlob ? globToRegExp(subject).test(sub) : subject === sub)))
    return null;
  const volatile = VOLATILE.find((name) => {
    const value = claims[name];
    return (
      (typeof value === 'string' || typeof value === 'number') &&
      String(value).length > 5 &&
      sub.includes(String(value))
    );
  });
  if (volatile !== undefined) {
    throw usageFailure(
      `The subject of this token holds its ${volatile}, which is new in every run: ${sub}`,
      'Use `cambist bootstrap generic --glob` with a pattern, or have the subject made of other claims.',
    );
  }
  return sub;
}

/** Only to tell whether the recipe fits; the service decides with its own matcher. */
function globToRegExp(glob: string): RegExp {
  const source = glob
    .split(/(\*+)/)
    .map((part) =>
      part === '*' ? '[^:/]*' : /^\*+$/.test(part) ? '.*' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('');
  return new RegExp(`^${source}$`, 's');
}
