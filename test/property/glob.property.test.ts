// The matcher of patterns agrees with the definition of the language, on any text and across machine words (contract §5.3).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { compileGlob } from '../../src/rules/glob.ts';
import { holds } from '../support/runs.ts';
import { naiveGlob } from './naive-glob.ts';

/** Separators, look-alikes, what other pattern languages read, and half a character: all literal. */
const CHARACTERS = ['a', 'b', ':', '/', '.', '\n', '\0', '?', '(', '[', '\\', '^', '$', 'é', '\ud83d', '\ude00', ' '];
const character = fc.constantFrom(...CHARACTERS);
const pattern = fc.string({ unit: fc.oneof(character, fc.constantFrom('*', '**', '***')), maxLength: 9 });

/** Texts of which a fair share match: the wildcards of the pattern filled, and sometimes one character off. */
const patternAndText = pattern.chain((glob) => {
  const filled = fc
    .array(fc.string({ unit: character, maxLength: 3 }), { minLength: 9, maxLength: 9 })
    .map((fillings) => glob.replaceAll(/\*+/g, () => fillings.pop() ?? ''));
  const near = fc
    .tuple(filled, fc.nat(12), character, fc.constantFrom(0, 1))
    .map(([text, at, other, cut]) => text.slice(0, at) + other + text.slice(at + cut));
  const any = fc.string({ unit: character, maxLength: 12 });
  return fc.tuple(fc.constant(glob), fc.oneof(filled, near, any));
});

describe('compileGlob', () => {
  it('agrees with the definition of the language on any pattern and text (contract §5.3)', async () => {
    let matched = 0;
    await holds(
      fc.property(patternAndText, ([glob, text]) => {
        const expected = naiveGlob(glob, text);
        matched += expected ? 1 : 0;
        expect(compileGlob(glob)(text)).toBe(expected);
      }),
      { usually: 1_000 },
    );
    // A generator whose texts hardly ever match would show half of it.
    expect(matched).toBeGreaterThan(100);
  });

  it('agrees with it where the pattern is longer than one machine word (contract §5.3)', async () => {
    const filler = fc.integer({ min: 0, max: 70 }).map((length) => 'ab:'.repeat(24).slice(0, length));
    const tail = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '**'), maxLength: 4 });
    const rest = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 5 });
    await holds(
      fc.property(fc.constantFrom('', '*', '**'), filler, tail, rest, rest, (first, middle, last, before, after) => {
        const glob = `${first}${middle}${last}`;
        const text = `${before}${middle}${after}`;
        expect(compileGlob(glob)(text)).toBe(naiveGlob(glob, text));
      }),
    );
  });

  it('accepts no text with fewer characters than the pattern has literal ones, nor another start or end (contract §5.3)', async () => {
    await holds(
      fc.property(patternAndText, ([glob, text]) => {
        if (!compileGlob(glob)(text)) return;
        expect(text.length).toBeGreaterThanOrEqual(glob.replaceAll('*', '').length);
        expect(text.startsWith(glob.split('*', 1)[0] ?? '')).toBe(true);
        expect(text.endsWith(glob.slice(glob.lastIndexOf('*') + 1))).toBe(true);
      }),
    );
  });
});
