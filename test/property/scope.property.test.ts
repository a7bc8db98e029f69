// Scope syntax is RFC 6749's, and narrowing gives exactly what was requested and allowed, never more (contract §3).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isScopeToken, narrowScope, parseScope } from '../../src/rules/scope.ts';
import { holds } from '../support/runs.ts';

const name = fc.constantFrom('a', 'b', 'c', 'A', 'a:*', '*', '', 'a ', 'b c');
const scopes = fc.array(name, { maxLength: 5 });

/** RFC 6749 §3.3 character by character: scope-token *( SP scope-token ). */
function naiveScope(text: string): readonly string[] | null {
  const names: string[] = [''];
  for (const char of text.split('')) {
    const code = char.charCodeAt(0);
    if (code === 0x20) names.push('');
    else if (code === 0x21 || (code >= 0x23 && code <= 0x5b) || (code >= 0x5d && code <= 0x7e))
      names.push(`${names.pop() ?? ''}${char}`);
    else return null;
  }
  return names.includes('') ? null : [...new Set(names)];
}

describe('scope', () => {
  it('is read as RFC 6749 §3.3 writes it, and refused otherwise', async () => {
    const unit = fc.constantFrom('a', ':', '!', '~', ' ', '"', '\\', '\t', '\n', '\0', '\u007f', '\u00a0', 'é');
    await holds(
      fc.property(fc.oneof(fc.string({ unit, maxLength: 8 }), fc.string()), (text) => {
        const expected = naiveScope(text);
        expect(parseScope(text)).toEqual(expected);
        expect(isScopeToken(text)).toBe(expected !== null && !text.includes(' '));
      }),
      { usually: 1_000 },
    );
  });

  it('that is granted is exactly what was requested, all of it allowed, or else nothing is (contract §3)', async () => {
    await holds(
      fc.property(fc.option(scopes), scopes, (requested, allowed) => {
        const narrowed = narrowScope(requested, allowed);
        const beyond = (requested ?? []).filter((scope) => !allowed.includes(scope));
        expect(narrowed.ok).toBe(beyond.length === 0);
        if (!narrowed.ok) {
          expect(new Set(narrowed.error)).toEqual(new Set(beyond));
          return;
        }
        const both = allowed.filter((scope) => requested === null || requested.includes(scope));
        expect(new Set(narrowed.value)).toEqual(new Set(both));
        expect(new Set(narrowed.value).size).toBe(narrowed.value.length);
      }),
    );
  });

  it('never widens when less is allowed or more is requested (contract §3)', async () => {
    const granted = (requested: readonly string[] | null, allowed: readonly string[]): readonly string[] => {
      const narrowed = narrowScope(requested, allowed);
      return narrowed.ok ? narrowed.value : [];
    };
    await holds(
      fc.property(fc.option(scopes), scopes, name, (requested, allowed, one) => {
        const fewer = allowed.filter((scope) => scope !== one);
        const before = granted(requested, allowed);
        for (const scope of granted(requested, fewer)) expect(before).toContain(scope);
        for (const scope of granted([...(requested ?? []), one], allowed)) expect(allowed).toContain(scope);
      }),
    );
  });
});
