// verifyAccessToken against the committed access tokens, which the Go SDK is held to as well.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { AccessTokenError, verifyAccessToken } from '../../../src/sdk/verify/verify.ts';
import type { Fetch } from '../../../src/sdk/verify/verify.ts';
import type { AccessTokenVector, AccessTokenVectorFile } from '../../vectors/access-token-vector.ts';
import file from '../../vectors/access-token.json' with { type: 'json' };

const { now, issuer, audience, jwks, vectors } = file as AccessTokenVectorFile;

beforeEach(() => {
  vi.useFakeTimers({ now: now * 1000, toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const send: Fetch = async (url) => Response.json(url.endsWith('/keys') ? jwks : { issuer, jwks_uri: `${issuer}/keys` });

async function judge({
  token,
  organisation = 'any',
  scope,
  role,
}: Omit<AccessTokenVector, 'organisation'> & {
  readonly organisation?: string | readonly string[];
}): Promise<string> {
  try {
    await verifyAccessToken(token, { issuer, audience, organisation, scope, role, fetch: send });
    return 'verified';
  } catch (error) {
    if (!(error instanceof AccessTokenError)) throw error;
    return error.fault;
  }
}

describe('access tokens (RFC 9068 §4)', () => {
  it.each(vectors)('$id: $comment', async (vector) => {
    expect(await judge(vector)).toBe(vector.result);
  });
});
