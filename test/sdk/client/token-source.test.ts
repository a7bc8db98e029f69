// A token source over time: one exchange for many callers, renewal before the end, and what survives a failing deployment.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { tokenSource } from '../../../src/sdk/client/index.ts';
import type { TokenSource, TokenSourceOptions } from '../../../src/sdk/client/index.ts';
import { ADDRESS, granted, page, refusal, scriptedFetch, SUBJECT_TOKEN } from './scripted-fetch.ts';
import type { ScriptedFetch, Turn } from './scripted-fetch.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_789_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

function numbered(expiresIn = 3600): () => Response {
  let count = 0;
  return () => {
    count += 1;
    return granted({ access_token: `token-${count}`, expires_in: expiresIn });
  };
}

function make(
  turns: readonly Turn[],
  changes: Partial<TokenSourceOptions> = {},
): { source: TokenSource; requests: ScriptedFetch['requests'] } {
  const { fetch, requests } = scriptedFetch(...turns);
  return {
    requests,
    source: tokenSource({ url: ADDRESS, subjectToken: SUBJECT_TOKEN, fetch, retries: 0, ...changes }),
  };
}

const pass = (seconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(seconds * 1000);
const tokenOf = async (source: TokenSource): Promise<string> => (await source.getToken()).accessToken;

describe('tokenSource', () => {
  it('exchanges once for all who ask at the same time, and not before anyone asks', async () => {
    const { source, requests } = make([numbered()]);
    expect(source.peek()).toBeNull();
    expect(requests).toHaveLength(0);
    const tokens = await Promise.all(Array.from({ length: 50 }, () => tokenOf(source)));
    expect(new Set(tokens)).toEqual(new Set(['token-1']));
    expect(await tokenOf(source)).toBe('token-1');
    expect(source.peek()?.accessToken).toBe('token-1');
    expect(requests).toHaveLength(1);
  });

  it('renews in the last part of the life, 300 s at most, and reads the subject token anew each time', async () => {
    const files = ['eyJh.first.x', 'eyJh.second.x'];
    const { source, requests } = make([numbered()], { subjectToken: () => files[requests.length] ?? '' });
    await source.getToken();
    await pass(3600 - 380);
    expect(await tokenOf(source)).toBe('token-1');
    await pass(90);
    expect(await tokenOf(source)).toBe('token-2');
    expect(requests.map(({ form }) => form.get('subject_token'))).toEqual(files);
  });

  it('uses even a token of a minute for most of its life', async () => {
    const { source, requests } = make([numbered(60)]);
    await source.getToken();
    await pass(40);
    expect(await tokenOf(source)).toBe('token-1');
    await pass(10);
    expect(await tokenOf(source)).toBe('token-2');
    expect(requests).toHaveLength(2);
  });

  it.each<[string, Turn]>([
    ['down', page(503)],
    ['refusing', refusal(400, 'invalid_request', 'the token has expired')],
    ['out of reach', new TypeError('fetch failed')],
  ])('keeps the token to its end where the deployment is %s, and asks only now and then', async (_, failing) => {
    const { source, requests } = make([granted({ access_token: 'token-1' }), failing]);
    await source.getToken();
    await pass(3400);
    for (let index = 0; index < 5; index += 1) expect(await tokenOf(source)).toBe('token-1');
    expect(requests).toHaveLength(2);
    await pass(20);
    expect(await tokenOf(source)).toBe('token-1');
    expect(requests).toHaveLength(3);
    await pass(175);
    await expect(source.getToken()).rejects.toMatchObject({ name: 'TokenExchangeError' });
  });

  it('never hands out a token that has ended, and recovers', async () => {
    const { source } = make([granted({ access_token: 'token-1' }), page(503), granted({ access_token: 'token-2' })]);
    await source.getToken();
    await pass(3595);
    await expect(source.getToken()).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    expect(await tokenOf(source)).toBe('token-2');
  });

  it('forgets a token that an API refused', async () => {
    const { source } = make([numbered()]);
    expect(await tokenOf(source)).toBe('token-1');
    source.forget();
    expect(source.peek()).toBeNull();
    expect(await tokenOf(source)).toBe('token-2');
  });

  it('does not keep a failure: the next caller tries anew', async () => {
    const { source } = make([refusal(400, 'invalid_request', 'no'), granted({ access_token: 'token-2' })]);
    await expect(source.getToken()).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await tokenOf(source)).toBe('token-2');
  });

  it('names a subject token that cannot be read, with the cause, and sends nothing', async () => {
    const cause = new Error('ENOENT: /var/run/secrets/token');
    const { source, requests } = make([granted()], { subjectToken: () => Promise.reject(cause) });
    await expect(source.getToken()).rejects.toMatchObject({ code: 'subject_token_unavailable', cause });
    const empty = make([granted()], { subjectToken: () => 'null' });
    await expect(empty.source.getToken()).rejects.toMatchObject({ code: 'subject_token_unavailable' });
    expect([...requests, ...empty.requests]).toHaveLength(0);
  });

  it('lets one caller stop waiting without taking the token from the others', async () => {
    const answered = Promise.withResolvers<Response>();
    const { source, requests } = make([() => answered.promise]);
    const controller = new AbortController();
    const impatient = source.getToken({ signal: controller.signal });
    const patient = source.getToken();
    controller.abort();
    await expect(impatient).rejects.toMatchObject({ code: 'aborted' });
    await expect(source.getToken({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    answered.resolve(granted());
    await expect(patient).resolves.toMatchObject({ tokenType: 'Bearer' });
    expect(requests).toHaveLength(1);
  });
});
