// A proposal of the trust report as a rule of its own, which stands beside today's and grants nothing (contract §5.3, §11). Pure.

import { isWritable } from './definition.ts';
import type { Members } from './definition.ts';
import { federatedIdentity } from './federated-identity.ts';
import { MAX_NAME_CHARS } from './limits.ts';

const SUFFIX = ' (narrower)';

/** The members to create it with: those of `today`, above them the proposed ones. */
export function shadowRule<V>(
  today: Readonly<Record<string, V>>,
  proposed: Readonly<Record<string, V>>,
): Readonly<Record<string, V | string | null>> {
  const members: Members = federatedIdentity.members;
  const kept = Object.entries(members)
    .filter(([name, member]) => isWritable(member) && (today[name] ?? null) !== null)
    .map(([name]) => name);
  const name = `${String(today['name'])
    .slice(0, MAX_NAME_CHARS - SUFFIX.length)
    .trimEnd()}${SUFFIX}`;
  return {
    ...Object.fromEntries(kept.map((member) => [member, today[member] ?? null])),
    ...proposed,
    name,
    mode: 'shadow',
  };
}
