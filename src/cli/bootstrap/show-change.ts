// One thing that a bootstrap did, would do or left alone, and how it is shown.

import { canonicalJson } from '../../token/canonical-json.ts';
import { formatDiff, formatStep } from '../output.ts';
import type { Output } from '../output.ts';

export interface Difference {
  readonly member: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface Change {
  readonly what: 'Identity provider' | 'Service account' | 'Role binding' | 'Federated identity';
  readonly outcome:
    | 'created'
    | 'already present'
    | 'updated'
    | 'differs'
    | 'deleted'
    | 'kept'
    | 'not found'
    | 'would be created'
    | 'would be updated'
    | 'would be deleted';
  readonly identity: string | null;
  readonly name: string;
  readonly differences?: readonly Difference[];
  /** Why it was kept, or what to know about it. */
  readonly note?: string;
}

/** The members of `wanted` that are not so; lists of words are compared as sets. */
export function differencesOf(
  wanted: Readonly<Record<string, unknown>>,
  present: Readonly<Record<string, unknown>>,
): readonly Difference[] {
  return Object.entries(wanted)
    .filter(([member, value]) => comparable(value) !== comparable(present[member]))
    .map(([member, value]) => ({ member, before: present[member] ?? null, after: value }));
}

function comparable(value: unknown): string {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string'))
    return canonicalJson((value as readonly string[]).toSorted());
  // Times are answered to the second.
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return String(Date.parse(value));
  return canonicalJson(value ?? null);
}

/** Prints one change. */
export function showChange(change: Change, output: Output): void {
  const { what, outcome, identity, differences = [], note } = change;
  const mark =
    outcome === 'differs'
      ? output.paint('yellow', '≠')
      : outcome.startsWith('would') || outcome === 'not found'
        ? output.paint('cyan', '·')
        : outcome === 'kept'
          ? output.paint('dim', '-')
          : output.paint('green', '✔');
  output.line(formatStep(mark, what, outcome, identity ?? change.name));
  if (note !== undefined) output.line(`    ${note}`);
  if (differences.length > 0) output.line(formatDiff(differences, output.paint));
}
