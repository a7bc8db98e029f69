// No mutation of a valid token is granted, with the cryptography of workerd, which is another one than Node's (RFC 7515 §5.2).

import { describe, expect, it } from 'vitest';

import { mutate, MUTATED_ALGORITHMS } from './mutation.ts';

describe('a mutated token in workerd', () => {
  it.each(MUTATED_ALGORITHMS)('of %s is never granted, and the token itself always is (RFC 7515 §5.2)', async (alg) => {
    const { reasons, requests } = await mutate(alg, { usually: 300 });
    // Where every mutation failed for one reason, most of them would have missed their mark.
    expect(reasons).toEqual(
      expect.arrayContaining(['token_malformed', 'signature_invalid', 'token_header_not_accepted']),
    );
    expect(reasons).not.toContain('keys_unavailable');
    // Discovery and keys when it began, and both once more for the first signature that did not fit (contract §6).
    expect(requests).toBe(4);
  });
});
