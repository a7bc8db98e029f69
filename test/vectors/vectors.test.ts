// Every vector against our verification in Node, and that the vectors are what they say: data, complete, without a private key.

import { describe, expect, it } from 'vitest';

import { privateMemberOf } from '../../src/issuers/verification-key.ts';
import type { JsonObject } from '../../src/token/json.ts';
import { createJudge, expectedOf, VECTOR_FILES } from './judge.ts';

describe.each(VECTOR_FILES)('$description', async (file) => {
  const judge = await createJudge(file);

  it.each(file.vectors)('$id: $comment', async (vector) => {
    expect(expectedOf(vector)).toContain(await judge(vector));
  });

  it('has a valid twin beside its invalid vectors, and ids that are used once', () => {
    const ids = file.vectors.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { result, reason } of file.vectors) expect(result === 'valid').toBe(reason === 'verified');
    expect(file.vectors.map(({ result }) => result)).toEqual(expect.arrayContaining(['valid', 'invalid']));
  });

  it('holds public keys alone', () => {
    for (const key of Object.values(file.keys)) expect(privateMemberOf(key as JsonObject)).toBeNull();
  });
});
