// Generates JSON as text and not as values: every spelling of a string, a number and white space, and texts that are a little wrong.

import fc from 'fast-check';

/** Names from a small stock, so that some objects repeat one. */
const NAMES = ['a', 'b', 'sub', 'aud', '', '__proto__', 'é', '😀', '"', '\\', '\n', '/', '2', '1'];
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '/': '\\/',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** One text as a JSON string, each of its code units in one of its spellings. */
export function spelled(text: string): fc.Arbitrary<string> {
  return fc.tuple(...Array.from(text, spellings)).map((parts) => `"${parts.join('')}"`);
}

/** A character outside of the basic plane is written whole or as two escapes, never half. */
function spellings(character: string): fc.Arbitrary<string> {
  const hex = character.split('').map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'));
  const escaped = hex.map((digits) => `\\u${digits}`).join('');
  const capitals = hex.map((digits) => `\\u${digits.toUpperCase()}`).join('');
  const simple = SIMPLE_ESCAPES[character];
  const literal = character < ' ' || character === '"' || character === '\\' ? [] : [character, character, character];
  return fc.constantFrom(...literal, ...(simple === undefined ? [] : [simple, simple]), escaped, capitals);
}

export const white: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 2 }) },
);

const digits = fc.string({ unit: fc.constantFrom(...'0123456789'.split('')), minLength: 1, maxLength: 18 });
const jsonNumber = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('0', '-0', '1e3', '1E+2', '1.0', '9007199254740991', '9007199254740992', '-9007199254740993'),
  fc.constantFrom('1e400', '-1E999', '1e-400', '1e20', '12345678901234567890', '0.1e1'),
  fc
    .tuple(
      fc.constantFrom('', '-'),
      digits,
      fc.option(digits),
      fc.option(
        fc.tuple(
          fc.constantFrom('e', 'E+', 'e-'),
          digits.map((text) => text.slice(0, 3)),
        ),
      ),
    )
    .map(([sign, whole, part, power]) => `${sign}${whole}${part === null ? '' : `.${part}`}${power?.join('') ?? ''}`),
);

const name = fc.constantFrom(...NAMES);
const text = fc.oneof(name, fc.string({ maxLength: 5 }), fc.string({ unit: 'grapheme', maxLength: 3 }));

const { value } = fc.letrec<{ value: string; object: string; array: string; scalar: string }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('scalar'), tie('object'), tie('array')),
  scalar: fc.oneof(jsonNumber, text.chain(spelled), fc.constantFrom('true', 'false', 'null')),
  array: fc
    .array(fc.tuple(white, tie('value'), white), { maxLength: 4 })
    .map((elements) => `[${elements.map((element) => element.join('')).join(',')}]`),
  object: fc
    .array(fc.tuple(white, name.chain(spelled), white, tie('value'), white), { maxLength: 5 })
    .map((members) => `{${members.map(([a, key, b, of, c]) => `${a}${key}${b}:${of}${c}`).join(',')}}`),
}));

/** JSON text that is valid but for what only strict JSON refuses: repeated members, deep nesting, infinite numbers. */
export const jsonText: fc.Arbitrary<string> = fc.tuple(white, value, white).map((parts) => parts.join(''));

const SLIPS = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '0',
  '-',
  '.',
  'e',
  'u',
  '\u00a0',
  '\ufeff',
  '\ud800',
  '\0',
  '\n',
];

/** The same with one to three slips: a character cut, changed, added, or a piece repeated. */
export const damagedJsonText: fc.Arbitrary<string> = fc
  .tuple(
    jsonText,
    fc.array(fc.tuple(fc.nat(200), fc.nat(6), fc.constantFrom(...SLIPS)), { minLength: 1, maxLength: 3 }),
  )
  .map(([whole, slips]) =>
    slips.reduce((damaged, [position, kind, character]) => {
      const at = position % (damaged.length + 1);
      const [before, after] = [damaged.slice(0, at), damaged.slice(at)];
      if (kind === 0) return before + after.slice(1);
      if (kind === 1) return before + character + after.slice(1);
      if (kind === 2) return before + after.slice(0, 6) + after;
      if (kind === 3) return before;
      return before + character + after;
    }, whole),
  );
