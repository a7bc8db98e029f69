// What an audit event keeps of a change: contract §5.7.

import { describe, expect, it } from 'vitest';

import { MAX_RECORDED_CHANGES_BYTES } from '../../src/objects/limits.ts';
import { recordChanges } from '../../src/objects/recorded-changes.ts';
import type { JsonObject } from '../../src/token/json.ts';

const ROLE: JsonObject = {
  identity: 'role_1',
  name: 'Deployer',
  slug: 'deployer',
  labels: { team: 'a' },
  objectVersion: 1,
};
const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

describe('an update', () => {
  it('shows the members that changed alone, and which object it was (contract §5.7)', () => {
    expect(recordChanges(ROLE, { ...ROLE, slug: 'releaser', objectVersion: 2 })).toEqual({
      before: { slug: 'deployer', objectVersion: 1 },
      after: { slug: 'releaser', objectVersion: 2 },
      identity: 'role_1',
      name: 'Deployer',
    });
  });

  it('of the name shows both names (contract §5.7)', () => {
    const changes = recordChanges(ROLE, { ...ROLE, name: 'Releaser' });
    expect(changes).toEqual({ before: { name: 'Deployer' }, after: { name: 'Releaser' }, identity: 'role_1' });
  });

  it.each<readonly [string, JsonObject, JsonObject]>([
    ['members in another order', { a: { x: 1, y: [2] } }, { a: { y: [2], x: 1 } }],
    ['the same list', { a: ['x', 'y'] }, { a: ['x', 'y'] }],
    ['null', { a: null }, { a: null }],
  ])('takes %s for no change (contract §5.7)', (_, before, after) => {
    expect(recordChanges(before, after)).toEqual({ before: {}, after: {} });
  });

  it.each<readonly [string, JsonObject, JsonObject]>([
    ['a list in another order', { a: ['x', 'y'] }, { a: ['y', 'x'] }],
    ['null in place of an empty text', { a: '' }, { a: null }],
    ['a number in place of its text', { a: '1' }, { a: 1 }],
    ['a member of a member', { a: { x: { y: 1 } } }, { a: { x: { y: 2 } } }],
  ])('takes %s for a change (contract §5.7)', (_, before, after) => {
    expect(recordChanges(before, after)).toEqual({ before, after });
  });

  it('shows a member that only one of both has on its side alone (contract §5.7)', () => {
    expect(recordChanges({ a: 1 }, { a: 1, b: 2 })).toEqual({ before: {}, after: { b: 2 } });
    expect(recordChanges({ a: 1, b: 2 }, { a: 1 })).toEqual({ before: { b: 2 }, after: {} });
  });
});

describe('a creation or a deletion', () => {
  it('shows the whole object (contract §5.7)', () => {
    expect(recordChanges(null, ROLE)).toEqual({ before: null, after: ROLE });
    expect(recordChanges(ROLE, null)).toEqual({ before: ROLE, after: null });
  });
});

describe('what does not fit', () => {
  const long = (letter: string): JsonObject => ({ note: letter.repeat(4_000), other: letter.repeat(200) });

  it('is left out and named, annotations before anything that decides (contract §5.7)', () => {
    const before = { ...ROLE, annotations: long('a'), conditions: { ref: 'x' } };
    const after = { ...ROLE, annotations: long('b'), conditions: { ref: 'y'.repeat(7_000) } };
    expect(recordChanges(before, after)).toEqual({
      before: { conditions: before.conditions },
      after: { conditions: after.conditions },
      identity: 'role_1',
      name: 'Deployer',
      omitted: ['annotations'],
    });
  });

  it('of a creation leaves what identifies the object, and everything that is short (contract §5.7)', () => {
    const after = { localJwks: 'k'.repeat(60_000), ...ROLE, annotations: { note: 'a'.repeat(57_000) } };
    const { localJwks: _keys, annotations: _annotations, ...rest } = after;
    expect(recordChanges(null, after)).toEqual({ before: null, after: rest, omitted: ['localJwks', 'annotations'] });
  });

  it.each(['a', 'é', '語', '😀'])(
    'never makes more than the bound, whatever a character takes: %s (contract §5.7)',
    (letter) => {
      const object = (length: number): JsonObject => ({
        ...ROLE,
        ...Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`m${n}`, letter.repeat(length + n)])),
      });
      const { omitted = [], ...changes } = recordChanges(object(20), object(21));
      expect(omitted.length).toBeGreaterThan(0);
      expect(bytesOf(changes)).toBeLessThanOrEqual(MAX_RECORDED_CHANGES_BYTES);
      // Nothing is left out needlessly: the next longer one would not have fitted.
      expect(bytesOf(changes)).toBeGreaterThan(MAX_RECORDED_CHANGES_BYTES - 2 * bytesOf({ m100: letter.repeat(100) }));
    },
  );

  it('begins with the first byte beyond the bound (contract §5.7)', () => {
    const made = (length: number): ReturnType<typeof recordChanges> =>
      recordChanges(null, { text: 'x'.repeat(length) });
    const lengths = Array.from({ length: 100 }, (_, n) => MAX_RECORDED_CHANGES_BYTES - 80 + n);
    const fitting = lengths.filter((length) => made(length).omitted === undefined);
    expect(fitting.length).toBeGreaterThan(0);
    expect(bytesOf(made(Math.max(...fitting)))).toBeLessThanOrEqual(MAX_RECORDED_CHANGES_BYTES);
    expect(made(Math.max(...fitting) + 1)).toEqual({ before: null, after: {}, omitted: ['text'] });
  });
});
