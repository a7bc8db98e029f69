// How far a binding reaches (contract §5.4): under which tokens it counts, and what lies within it.

import { describe, expect, it } from 'vitest';

import type { BindingReach } from '../../src/objects/role-binding.ts';
import { reachesAsFar, rolesUnderScope } from '../../src/rules/binding-reach.ts';

const binding = (projects: readonly string[], scopes: readonly string[] = []): BindingReach => ({ projects, scopes });

describe('rolesUnderScope', () => {
  it('keeps the bindings without scopes, and those that name one of the token (contract §5.4)', () => {
    const [always, write, either] = [binding([]), binding([], ['write']), binding([], ['read', 'write'])];
    const all = [always, write, either] as const;
    expect(rolesUnderScope([], all)).toEqual([always]);
    expect(rolesUnderScope(['read'], all)).toEqual([always, either]);
    expect(rolesUnderScope(['write', 'more'], all)).toEqual([always, write, either]);
    expect(rolesUnderScope(['WRITE', 'writes'], all)).toEqual([always]);
  });
});

describe('reachesAsFar', () => {
  it.each([
    ['nothing reaches nowhere', [], binding(['a']), false],
    ['everywhere reaches everywhere', [binding([])], binding([]), true],
    ['everywhere reaches a project', [binding([])], binding(['a']), true],
    ['a project does not reach everywhere', [binding(['a'])], binding([]), false],
    ['a project does not reach another', [binding(['a'])], binding(['a', 'b']), false],
    ['two bindings reach two projects', [binding(['a']), binding(['b'])], binding(['a', 'b']), true],
    ['every scope reaches one', [binding([])], binding([], ['s']), true],
    ['one scope does not reach every one', [binding([], ['s'])], binding([]), false],
    ['one scope does not reach two', [binding([], ['s'])], binding([], ['s', 't']), false],
    ['two scopes reach one', [binding([], ['s', 't'])], binding([], ['s']), true],
    ['a scope in a project does not reach the project', [binding(['a'], ['s'])], binding(['a']), false],
    ['a scope in a project reaches itself', [binding(['a'], ['s'])], binding(['a'], ['s']), true],
    [
      'a project under one scope and another under another do not reach both',
      [binding(['a'], ['s']), binding(['b'], ['t'])],
      binding(['a', 'b'], ['s']),
      false,
    ],
  ])('%s (contract §4)', (_what, held, wanted, expected) => {
    expect(reachesAsFar(held, wanted)).toBe(expected);
  });
});
