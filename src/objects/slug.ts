// The slug of an object: one DNS label, made of its name unless it is given.

import { MAX_SLUG_CHARS } from './limits.ts';
import { textLike } from './rule.ts';

const SLUG = textLike(
  1,
  MAX_SLUG_CHARS,
  /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
  'must consist of a-z, 0-9 and hyphens, and start and end with a letter or digit',
);

/** A slug made from a name; empty if the name has no letter or digit that a slug could have. */
export function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_SLUG_CHARS)
    .replace(/^-|-$/g, '');
}

/** A new name does not change it, because callers and tokens may use it. A name without a usable letter needs one that nobody has. */
export const slug = {
  is: SLUG,
  default: ({ name }: { readonly name?: string }, unused: string): string => slugOf(name ?? '') || unused,
  option: { value: '<slug>', help: 'what tokens carry; made of the name by default' },
} as const;
