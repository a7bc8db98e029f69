// Ids that sort by time, and their spelling, compared with an implementation of others.

import { fromString, toUUID, typeidUnboxed } from 'typeid-js';
import { afterEach, expect, it, vi } from 'vitest';

import { newId, newUuid } from '../src/new-id.ts';
import { typeIdOf } from '../src/objects/typeid.ts';

afterEach(() => {
  vi.useRealTimers();
});

it('are UUIDs of version 7 with the time of now (RFC 9562 §5.7)', () => {
  const before = Date.now();
  const uuid = newUuid();
  expect(uuid).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  const at = Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16);
  expect(at).toBeGreaterThanOrEqual(before);
  expect(at).toBeLessThanOrEqual(Date.now() + 1000);
});

it('sort in the order in which they were made, while the clock stands still and when it goes back a little (RFC 9562 §6.2)', () => {
  vi.useFakeTimers({ now: Date.now() + 60_000 });
  const ids = Array.from({ length: 10_000 }, () => newId('evt'));
  vi.setSystemTime(Date.now() - 5000);
  ids.push(newId('evt'));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.toSorted()).toEqual(ids);
});

it('follow a clock that is set back by more than that', () => {
  const ahead = Date.now() + 3_600_000;
  vi.useFakeTimers({ now: ahead });
  const early = newUuid();
  vi.setSystemTime(ahead - 1_800_000);
  expect(newUuid() < early).toBe(true);
});

it('are spelled as others spell them (TypeID 0.3)', () => {
  expect(typeIdOf('prefix', '01890a5d-ac96-774b-bcce-b302099a8057')).toBe('prefix_01h455vb4pex5vsknk084sn02q');
  expect(typeIdOf('a', '00000000-0000-0000-0000-000000000000')).toBe('a_00000000000000000000000000');
  expect(typeIdOf('a', 'ffffffff-ffff-ffff-ffff-ffffffffffff')).toBe('a_7zzzzzzzzzzzzzzzzzzzzzzzzz');
  for (let run = 0; run < 500; run += 1) {
    const theirs = typeidUnboxed('evt');
    expect(typeIdOf('evt', toUUID(theirs))).toBe(theirs);
    expect(toUUID(fromString(newId('evt'), 'evt'))).toMatch(/^[\da-f-]{36}$/);
  }
});
