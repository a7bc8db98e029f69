// CEL rules are true only where three-valued logic makes them true: an error or anything but a boolean refuses (contract §5.3).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { compileExpression } from '../../src/rules/expression.ts';
import type { JsonObject, JsonValue } from '../../src/token/json.ts';
import { holds } from '../support/runs.ts';

/** An expression with what it should be for given claims; `error` where it has no answer. */
interface Case {
  readonly text: string;
  readonly of: (claims: JsonObject) => boolean | 'error';
}

const NAMES = ['a', 'b', 'missing', 'constructor', 'toString'];
const name = fc.constantFrom(...NAMES);
const word = fc.constantFrom('x', 'y', '', 'true', '1');

function valueOf(claims: JsonObject, claim: string): JsonValue | undefined {
  return Object.hasOwn(claims, claim) ? claims[claim] : undefined;
}

/** An answer that needs the claim to be there. */
function needing(claim: string, answer: (value: JsonValue) => boolean | 'error'): Case['of'] {
  return (claims) => {
    const value = valueOf(claims, claim);
    return value === undefined ? 'error' : answer(value);
  };
}

const comparison: fc.Arbitrary<Case> = fc.oneof(
  fc.constantFrom<Case>({ text: 'true', of: () => true }, { text: 'false', of: () => false }),
  fc.tuple(name, word).map(([claim, text]) => ({
    text: `claims.${claim} == "${text}"`,
    of: needing(claim, (value) => value === text),
  })),
  fc.tuple(name, word).map(([claim, text]) => ({
    text: `claims["${claim}"] != "${text}"`,
    of: needing(claim, (value) => value !== text),
  })),
  fc.tuple(name, word, word).map(([claim, one, other]) => ({
    text: `claims.${claim} in ["${one}", "${other}"]`,
    of: needing(claim, (value) => value === one || value === other),
  })),
  name.map((claim) => ({
    text: `has(claims.${claim})`,
    of: (claims: JsonObject) => valueOf(claims, claim) !== undefined,
  })),
  fc.tuple(name, fc.integer({ min: -2, max: 2 })).map(([claim, than]) => ({
    text: `claims.${claim} > ${than}`,
    of: needing(claim, (value) => (typeof value === 'number' ? value > than : 'error')),
  })),
  fc.tuple(name, word).map(([claim, text]) => ({
    text: `claims.${claim}.startsWith("${text}")`,
    of: needing(claim, (value) => (typeof value === 'string' ? value.startsWith(text) : 'error')),
  })),
  // A claim by itself: only a boolean is an answer.
  name.map((claim) => ({
    text: `claims.${claim}`,
    of: needing(claim, (value) => (typeof value === 'boolean' ? value : 'error')),
  })),
);

const not = (answer: boolean | 'error'): boolean | 'error' => (answer === 'error' ? 'error' : !answer);
const { expression } = fc.letrec<{ expression: Case }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    comparison,
    tie('expression').map(({ text, of }): Case => ({ text: `!(${text})`, of: (claims) => not(of(claims)) })),
    fc
      .tuple(tie('expression'), fc.constantFrom('&&', '||'), tie('expression'))
      .map(([left, operator, right]): Case => ({
        text: `(${left.text}) ${operator} (${right.text})`,
        of: (claims) => {
          const answers = [left.of(claims), right.of(claims)];
          // One side that decides alone excuses an error of the other (CEL specification, "Logical operators").
          const deciding = operator === '||';
          if (answers.includes(deciding)) return deciding;
          return answers.includes('error') ? 'error' : !deciding;
        },
      })),
  ),
}));

const value = fc.oneof(
  { weight: 4, arbitrary: word },
  { weight: 2, arbitrary: fc.constantFrom<JsonValue>(true, false) },
  { weight: 2, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom<JsonValue>(null, 1.5, ['x'], {}, { x: true }, '9007199254740993') },
);
const claims = fc.dictionary(fc.constantFrom('a', 'b', 'constructor'), value, { maxKeys: 3, noNullPrototype: true });

describe('an expression', () => {
  it('is true exactly where its logic is, and refuses wherever it has no answer (contract §5.3)', async () => {
    const seen = { true: 0, false: 0, error: 0 };
    await holds(
      fc.property(expression, fc.array(claims, { minLength: 1, maxLength: 3 }), ({ text, of }, tokens) => {
        const compiled = compileExpression(text);
        if (!compiled.ok) {
          // Too deep or too large for a rule; never for another reason.
          expect(compiled.error).toMatch(/maxDepth|maxAstNodes|at most/);
          return;
        }
        for (const token of tokens) {
          const expected = of(token);
          seen[`${expected}`] += 1;
          const result = compiled.value(token);
          expect(result.ok ? result.value : 'error').toBe(expected);
        }
      }),
      { usually: 500 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(50);
  });

  it('of any text either is refused when written or answers without a throw, and with a boolean or a refusal (contract §5.3)', async () => {
    const operand = fc.constantFrom(
      'claims.a',
      'claims["b"]',
      'claims.constructor',
      'claims',
      '"x"',
      '1',
      '1.5',
      'null',
      'true',
      '[1, "x"]',
      'has(claims.a)',
      'size(claims.a)',
      'int(claims.b)',
      'claims.a.startsWith(claims.b)',
      'claims.a.exists(v, v == claims.b)',
      'claims.a.all(v, v)',
      'claims.a.filter(v, v != 1).size()',
      'claims.a.split("")[0]',
      'claims.a[0]',
      '(claims.a ? claims.b : 1)',
    );
    const operator = fc.constantFrom(
      ' == ',
      ' != ',
      ' < ',
      ' + ',
      ' - ',
      ' / ',
      ' % ',
      ' in ',
      ' && ',
      ' || ',
      ' ? true : ',
    );
    // What does not belong there, in one of four texts.
    const slip = fc.oneof(
      { weight: 3, arbitrary: fc.constant('') },
      fc.constantFrom('!', '-', '(', ')', '[', '}', ',', 'v', '.', '"'),
    );
    const text = fc
      .tuple(slip, operand, fc.array(fc.tuple(operator, operand), { maxLength: 3 }), slip)
      .map(([before, first, more, after]) => `${before}${first}${more.flat().join('')}${after}`);
    let written = 0;
    await holds(
      fc.property(text, claims, (text, token) => {
        const compiled = compileExpression(text);
        if (!compiled.ok) return;
        written += 1;
        const result = compiled.value(token);
        expect(typeof (result.ok ? result.value : result.error)).toBe(result.ok ? 'boolean' : 'string');
      }),
      { usually: 1_000 },
    );
    expect(written).toBeGreaterThan(50);
  });

  it('changes no claim that it reads (contract §5.3)', async () => {
    await holds(
      fc.property(expression, claims, ({ text }, token) => {
        const before = JSON.stringify(token);
        const compiled = compileExpression(text);
        if (compiled.ok) compiled.value(token);
        expect(JSON.stringify(token)).toBe(before);
      }),
    );
  });
});
