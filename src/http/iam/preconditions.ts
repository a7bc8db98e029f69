// Judges a request by the version of the object it is about (RFC 9110 §13.1): If-Match, If-None-Match; reads and changes nothing.

import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import type { Problem } from '../problem.ts';
import { shown } from './faults.ts';

/** The versions that a header names; `any` for `*`. */
type Versions = ReadonlySet<number> | 'any';

/** What must hold for a request to be carried out; null without that header. */
export interface Preconditions {
  readonly ifMatch: Versions | null;
  readonly ifNoneMatch: Versions | null;
}

/** Reads both headers, or answers the 400 that says how they are written. */
export function readPreconditions({ headers }: Request): Result<Preconditions, Problem> {
  // A weak tag never matches a strong comparison (RFC 9110 §13.1.1), and does in a weak one (§13.1.2).
  const ifMatch = readTags('if-match', headers.get('if-match'), 'strong');
  if (!ifMatch.ok) return ifMatch;
  const ifNoneMatch = readTags('if-none-match', headers.get('if-none-match'), 'weak');
  if (!ifNoneMatch.ok) return ifNoneMatch;
  return ok({ ifMatch: ifMatch.value, ifNoneMatch: ifNoneMatch.value });
}

/** True when the object at this version may be changed. */
export function mayChange({ ifMatch, ifNoneMatch }: Preconditions, version: number): boolean {
  return (ifMatch === null || names(ifMatch, version)) && (ifNoneMatch === null || !names(ifNoneMatch, version));
}

/** What a read answers: the object, 304 because the caller has it, or 412. */
export function judgeRead({ ifMatch, ifNoneMatch }: Preconditions, version: number): 'answer' | 'unchanged' | 'failed' {
  if (ifMatch !== null && !names(ifMatch, version)) return 'failed';
  return ifNoneMatch !== null && names(ifNoneMatch, version) ? 'unchanged' : 'answer';
}

function names(versions: Versions, version: number): boolean {
  return versions === 'any' || versions.has(version);
}

/** An entity tag may hold anything but a quote and control characters, commas included (RFC 9110 §8.8.3); a bare number is a leniency. */
const TAG = /^(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"|(\d{1,15}))[ \t]*(?:,[ \t]*(?=\S)|$)/;

function readTags(
  name: string,
  header: string | null,
  comparison: 'strong' | 'weak',
): Result<Versions | null, Problem> {
  if (header === null) return ok(null);
  let rest = header.trim();
  if (rest === '*') return ok('any');
  const versions = new Set<number>();
  do {
    const [whole, weak, opaque, bare] = TAG.exec(rest) ?? [];
    if (whole === undefined) {
      return refuse({
        kind: 'invalid',
        detail: `${name} must be the objectVersion in quotes, such as "3", or *, not ${shown(rest)}`,
      });
    }
    const version = bare ?? opaque ?? '';
    // A tag of ours has no leading zero: any other text is a tag that matches nothing.
    if (/^[1-9]\d{0,14}$/.test(version) && (weak === undefined || comparison === 'weak')) versions.add(Number(version));
    rest = rest.slice(whole.length);
  } while (rest !== '');
  return ok(versions);
}
