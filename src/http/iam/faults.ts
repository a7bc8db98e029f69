// Turns the faults of a request into one problem that names each of them; it finds none itself.

import { MAX_FAULTS_IN_SENTENCE, MAX_QUOTED_CHARS, MAX_REPORTED_FAULTS } from '../limits.ts';
import type { Fault, MemberFault, ParameterFault, Problem } from '../problem.ts';

/** A fault at a member; `path` is what leads to it in the body. */
export function fault(path: readonly (string | number)[], detail: string): MemberFault {
  return { pointer: path.map((part) => `/${escapeToken(String(part))}`).join(''), detail };
}

/** A fault of a query parameter. */
export function parameterFault(parameter: string, detail: string): ParameterFault {
  return { parameter, detail };
}

/** One 400 with an entry for each fault. */
export function invalid(faults: readonly Fault[]): Problem {
  const errors = faults.slice(0, MAX_REPORTED_FAULTS);
  const first = errors.slice(0, MAX_FAULTS_IN_SENTENCE).map((one) => `${placeOf(one)} ${one.detail}`.trim());
  const rest = faults.length - first.length;
  return {
    kind: 'invalid',
    detail: `${first.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`,
    errors,
  };
}

/** A caller's text, cut to a length that a sentence bears, with nothing in it that could break the line. */
export function shown(value: string): string {
  const printable = value.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, '?');
  return printable.length <= MAX_QUOTED_CHARS ? printable : `${printable.slice(0, MAX_QUOTED_CHARS)}...`;
}

function placeOf(fault: Fault): string {
  return 'parameter' in fault ? `the query parameter ${shown(fault.parameter)}` : shown(fault.pointer);
}

function escapeToken(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}
