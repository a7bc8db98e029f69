// What a configuration file may be, before anybody asks what it means.

import { describe, expect, it } from 'vitest';

import { faultyFile, readDocument } from '../../../src/cli/apply/read-document.ts';
import { CliFailure } from '../../../src/cli/failure.ts';

function failureOf(text: string): string {
  try {
    readDocument(text, 'cambist.yaml');
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    const [first] = error.details.errors ?? [];
    return first === undefined ? error.message : `${first.pointer} ${first.detail}`;
  }
  return 'read';
}

describe('readDocument', () => {
  it('reads YAML with anchors and merges, and JSON, as the same data', () => {
    const yaml = readDocument('a: &one {x: 1, y: [true, null, "3"]}\nb:\n  <<: *one\n  x: 2\n', 'f').data;
    expect(yaml).toEqual({ a: { x: 1, y: [true, null, '3'] }, b: { x: 2, y: [true, null, '3'] } });
    expect(readDocument(JSON.stringify(yaml), 'f').data).toEqual(yaml);
  });

  it('takes on, yes and no for the texts that they are (YAML 1.2)', () => {
    expect(readDocument('a: on\nb: yes\nc: 2026-01-01', 'f').data).toEqual({ a: 'on', b: 'yes', c: '2026-01-01' });
  });

  it.each([
    ['a repeated key', 'a: 1\na: 2', 'line 2: Map keys must be unique'],
    [
      'a number that would be rounded',
      'a:\n  b: 12345678901234567890',
      '/a/b is a number that would be rounded: write it in quotes (line 2)',
    ],
    ['a number that is none', 'a: .nan', '/a is a number that would be rounded'],
    ['a tag', 'a: !secret x', 'line 1: Unresolved tag: !secret'],
    ['a second document', 'a: 1\n---\nb: 2', 'line 2: Source contains multiple documents'],
    ['a tab as indentation', 'a:\n\tb: 1', 'line 2'],
    ['a list', '- a', 'it is not a map of names to values'],
    ['nothing', '', 'it is not a map of names to values'],
    ['an alias to nothing', 'a: *b', 'Unresolved alias'],
    ['a bomb of aliases', bomb(), 'Excessive alias count'],
    ['a list with itself in it', 'a: &a [1, *a]', '/a/1 is a part of itself (line 1)'],
    ['a map with itself in it', 'a: &a\n  b: {c: *a, d: *a}', '/a/b/c is a part of itself'],
    ['more lists in each other than anybody writes', `a: ${'['.repeat(100)}${']'.repeat(100)}`, 'is nested too deeply'],
    ['a file that is too large', `a: ${'x'.repeat(4 * 1024 * 1024)}`, 'it is larger than 4 MiB'],
  ])('refuses %s, with its line', (_, text, message) => {
    expect(failureOf(text)).toContain(message);
  });

  it('reads an alias twice, and lists that somebody may write', () => {
    const { data } = readDocument(`a: &a [x]\nb: [*a, *a]\nc: ${'['.repeat(60)}${']'.repeat(60)}`, 'f');
    expect(data['b']).toEqual([['x'], ['x']]);
  });

  it('keeps a key called __proto__ a key', () => {
    const { data } = readDocument('__proto__: {polluted: 1}', 'f');
    expect(Object.keys(data)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('knows the line of what is there, and of what should be', () => {
    const { lineOf } = readDocument('a:\n  b:\n    c: 1\n', 'f');
    expect([lineOf(['a', 'b', 'c']), lineOf(['a', 'b', 'missing']), lineOf([])]).toEqual([3, 2, null]);
    expect(faultyFile('f', [{ place: ['a', 'x/y'], detail: 'is required' }], lineOf).details.errors).toEqual([
      { pointer: '/a/x~1y', detail: 'is required (line 1)' },
    ]);
  });
});

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 9; level += 1)
    lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`);
  return lines.join('\n');
}
