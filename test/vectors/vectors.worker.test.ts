// Every vector against our verification in workerd, whose cryptography (BoringSSL) is another one than Node's (OpenSSL).

import { describe, expect, it } from 'vitest';

import { createJudge, expectedOf, VECTOR_FILES } from './judge.ts';

describe.each(VECTOR_FILES)('$description, in workerd', async (file) => {
  const judge = await createJudge(file);

  it.each(file.vectors)('$id: $comment', async (vector) => {
    expect(expectedOf(vector)).toContain(await judge(vector));
  });
});
