// The order in which signing keys are shown; reads and changes nothing.

import type { SigningKeyView } from '../../objects/signing-key.ts';

/** The order in which the keys of an algorithm take over from each other. */
const LIFE = ['revoked', 'retiring', 'active', 'standby'];

/** By algorithm, then from the oldest to the one that is next. */
export function inOrder(keys: readonly SigningKeyView[]): readonly SigningKeyView[] {
  const placeOf = ({ alg, status, publishedAt, kid }: SigningKeyView): string =>
    `${alg} ${LIFE.indexOf(status)} ${publishedAt} ${kid}`;
  return keys.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
}
