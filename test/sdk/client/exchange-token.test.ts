// What exchangeToken sends, what it takes for a token, and what it says about everything else.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { exchangeToken, revokeToken, TokenExchangeError } from '../../../src/sdk/client/index.ts';
import type { ExchangeOptions } from '../../../src/sdk/client/index.ts';
import { ACCESS_TOKEN, ADDRESS, granted, page, refusal, scriptedFetch, SUBJECT_TOKEN } from './scripted-fetch.ts';
import type { Turn } from './scripted-fetch.ts';

const START = 1_789_000_000_000;

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Outcome {
  readonly error: TokenExchangeError | null;
  readonly tries: number;
  readonly waitedMs: number;
}

/** Runs an exchange to its end, however long it waits. */
async function run(turns: readonly Turn[], changes: Partial<ExchangeOptions> = {}): Promise<Outcome> {
  const { fetch, requests } = scriptedFetch(...turns);
  const outcome = exchangeToken({ url: ADDRESS, subjectToken: SUBJECT_TOKEN, fetch, ...changes }).then(
    () => null,
    (error: unknown) => {
      if (error instanceof TokenExchangeError) return error;
      throw new Error('not a TokenExchangeError', { cause: error });
    },
  );
  outcome.catch(() => undefined);
  await vi.runAllTimersAsync();
  const error = await outcome;
  return { error, tries: requests.length, waitedMs: Date.now() - START };
}

describe('what is sent (contract §3)', () => {
  it('is the form of a token exchange, with nothing that was not asked for (RFC 8693 §2.1)', async () => {
    const { fetch, requests } = scriptedFetch(granted());
    await exchangeToken({ url: `${ADDRESS}/`, subjectToken: SUBJECT_TOKEN, fetch });
    expect(requests[0]?.url).toBe('https://cambist.test/oidc/token');
    expect(requests[0]?.init).toMatchObject({ method: 'POST', redirect: 'manual' });
    expect(Object.fromEntries(requests[0]?.form ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: SUBJECT_TOKEN,
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    });
  });

  it('has every parameter that was asked for, audiences and resources repeated', async () => {
    const { fetch, requests } = scriptedFetch(
      granted({ issued_token_type: 'urn:ietf:params:oauth:token-type:id_token', token_type: 'N_A', scope: undefined }),
    );
    await exchangeToken({
      url: new URL(ADDRESS),
      subjectToken: `${SUBJECT_TOKEN}\n`,
      serviceAccount: 'deployer',
      organisation: 'acme',
      scope: ['api:read', 'api:write'],
      audience: ['https://a.example', 'https://b.example'],
      resource: 'https://c.example',
      requestedTokenType: 'id_token',
      lifetime: 7200,
      project: 'shop',
      fetch,
    });
    expect([...(requests[0]?.form ?? [])].slice(1)).toEqual([
      ['subject_token', SUBJECT_TOKEN],
      ['subject_token_type', 'urn:ietf:params:oauth:token-type:id_token'],
      ['service_account_id', 'deployer'],
      ['organisation_id', 'acme'],
      ['scope', 'api:read api:write'],
      ['access_token_lifetime', '7200'],
      ['project_id', 'shop'],
      ['requested_token_type', 'urn:ietf:params:oauth:token-type:id_token'],
      ['audience', 'https://a.example'],
      ['audience', 'https://b.example'],
      ['resource', 'https://c.example'],
    ]);
  });

  it.each<[string, Partial<ExchangeOptions>]>([
    ['an address without a scheme', { url: 'cambist.test' }],
    ['http beyond loopback', { url: 'http://cambist.test' }],
    ['a path', { url: 'https://cambist.test/v1' }],
    ['a query', { url: 'https://cambist.test/?a=b' }],
    ['a password', { url: 'https://me:secret@cambist.test' }],
    ['an empty scope', { scope: '' }],
    ['an empty list of scopes', { scope: [] }],
    ['an empty audience', { audience: ['https://a.example', ''] }],
    ['an empty project', { project: '' }],
    ['an unknown kind of token', { requestedTokenType: 'refresh_token' as 'jwt' }],
    ['a lifetime of nothing', { lifetime: 0 }],
    ['a lifetime that is not a number', { lifetime: Number.NaN }],
    ['five tries', { retries: 4 }],
    ['a timeout of nothing', { timeoutMs: 0 }],
  ])('is nothing for %s: invalid_options', async (_, changes) => {
    const { error, tries } = await run([granted()], changes);
    expect(error).toMatchObject({ code: 'invalid_options', status: null, isRetryable: false });
    expect(tries).toBe(0);
  });

  it.each(['http://localhost:8787', 'http://127.0.0.1:8787/', 'http://[::1]:8787', 'https://cambist.test/oidc/token'])(
    'goes to %s',
    async (url) => {
      const { error, tries } = await run([granted()], { url });
      expect(error).toBeNull();
      expect(tries).toBe(1);
    },
  );

  it.each([undefined, null, '', ' \n', 'null', 'undefined', 42])(
    'is nothing where the subject token is %j: subject_token_unavailable',
    async (subjectToken) => {
      const { error, tries } = await run([granted()], { subjectToken: subjectToken as string });
      expect(error?.code).toBe('subject_token_unavailable');
      expect(tries).toBe(0);
    },
  );
});

describe('what is a token', () => {
  it('says when it ends, counted from before the request', async () => {
    const { fetch } = scriptedFetch(async () => {
      await vi.advanceTimersByTimeAsync(2_000);
      return granted({ expires_in: 600 });
    });
    expect(await exchangeToken({ url: ADDRESS, subjectToken: SUBJECT_TOKEN, fetch })).toEqual({
      accessToken: ACCESS_TOKEN,
      issuedTokenType: 'access_token',
      tokenType: 'Bearer',
      expiresIn: 600,
      expiresAt: new Date(START + 600_000),
      scope: ['api:read', 'api:write'],
      requestId: 'req-1',
    });
  });

  it.each<[string, Response]>([
    ['HTML', page()],
    ['nothing', new Response('')],
    ['a text', Response.json('eyJ')],
    ['a list', Response.json([])],
    ['no access_token', granted({ access_token: undefined })],
    ['access_token null', granted({ access_token: null })],
    ['the text null', granted({ access_token: 'null' })],
    ['the text undefined', granted({ access_token: 'undefined' })],
    ['an empty access_token', granted({ access_token: '' })],
    ['an access_token with a line break', granted({ access_token: 'a\nb' })],
    ['an access_token with what a shell reads', granted({ access_token: 'a$(id)b' })],
    ['an access_token with a quote', granted({ access_token: `a"b` })],
    ['a scope of two lines', granted({ scope: 'api:read\n::set-output name=token::x' })],
    ['a scope with a quote', granted({ scope: 'api:read "' })],
    ['a scope that is a list', granted({ scope: ['api:read'] })],
    ['no expires_in', granted({ expires_in: undefined })],
    ['expires_in beyond every date', granted({ expires_in: 9e15 })],
    ['expires_in as text', granted({ expires_in: '3600' })],
    ['expires_in 0', granted({ expires_in: 0 })],
    ['a negative expires_in', granted({ expires_in: -1 })],
    ['a fraction', granted({ expires_in: 1.5 })],
    ['an expires_in beyond counting', granted({ expires_in: 1e300 })],
    ['no token_type', granted({ token_type: undefined })],
    ['no issued_token_type', granted({ issued_token_type: undefined })],
    ['an ID token instead', granted({ issued_token_type: 'urn:ietf:params:oauth:token-type:id_token' })],
    ['more than 64 KiB', granted({ scope: 'x'.repeat(70_000) })],
    ['201', new Response('{}', { status: 201 })],
    ['204', new Response(null, { status: 204 })],
    ['a redirect', new Response(null, { status: 302, headers: { location: 'https://elsewhere.example' } })],
  ])('is not an answer with %s: unexpected_response, at once', async (_, response) => {
    const { error, tries } = await run([response]);
    expect(error).toMatchObject({ code: 'unexpected_response', isRetryable: false });
    expect(tries).toBe(1);
  });

  it('may be opaque, and have no scope', async () => {
    const { error } = await run([granted({ access_token: 'mF_9.B5f-4.1JqM~+/==', scope: '' })]);
    expect(error).toBeNull();
  });

  it('is not an access token where an ID token was asked for', async () => {
    expect((await run([granted()], { requestedTokenType: 'id_token' })).error?.code).toBe('unexpected_response');
    expect((await run([granted()], { requestedTokenType: 'jwt' })).error).toBeNull();
  });
});

describe('what is tried again', () => {
  it.each(['invalid_request', 'invalid_grant', 'invalid_scope', 'invalid_target', 'unsupported_grant_type'])(
    'is not a refusal with %s: final, with the reason and the request id',
    async (code) => {
      const { error, tries } = await run([refusal(400, code, 'the subject does not match'), granted()]);
      expect(error).toMatchObject({
        code,
        status: 400,
        requestId: 'req-1',
        description: 'the subject does not match',
        message: `the subject does not match (${code}, HTTP 400) [request id req-1]`,
        isRetryable: false,
      });
      expect(tries).toBe(1);
    },
  );

  it.each([401, 403, 404, 413])('is not %i', async (status) => {
    expect((await run([page(status), granted()])).tries).toBe(1);
  });

  it.each([408, 429, 500, 502, 503, 504])('is %i', async (status) => {
    expect(await run([page(status), granted()])).toMatchObject({ error: null, tries: 2 });
  });

  it('is a connection that breaks, and one that never answers', async () => {
    const broken = Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
    expect(await run([broken, 'hang', granted()])).toMatchObject({ error: null, tries: 3 });
  });

  it('ends after four tries, with the last reason', async () => {
    const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    const { error, tries, waitedMs } = await run([new TypeError('fetch failed', { cause })]);
    expect(error).toMatchObject({ code: 'network_error', status: null, isRetryable: true });
    expect(error?.description).toMatch(/^no connection to https?:\/\/\S+ \(ECONNREFUSED\)$/);
    expect(error?.cause).toEqual({ code: 'ECONNREFUSED' });
    expect(tries).toBe(4);
    // 500, 1000 and 2000 ms, half of each at least
    expect(waitedMs).toBeGreaterThanOrEqual(1_750);
    expect(waitedMs).toBeLessThanOrEqual(3_500);
    expect((await run(['hang'], { timeoutMs: 50, retries: 1 })).error).toMatchObject({ code: 'timeout' });
    expect(await run([page(503)], { retries: 0 })).toMatchObject({
      error: { code: 'temporarily_unavailable', status: 503 },
      tries: 1,
    });
  });

  it('waits as long as retry-after says, in seconds or until a date (RFC 9110 §10.2.3)', async () => {
    const unavailable = (retryAfter: string): Response =>
      refusal(503, 'temporarily_unavailable', 'the keys cannot be obtained', { 'retry-after': retryAfter });
    expect((await run([unavailable('7'), granted()])).waitedMs).toBeGreaterThanOrEqual(7_000);
    const date = new Date(START + 9_000).toUTCString();
    vi.setSystemTime(START);
    const { error, waitedMs } = await run([unavailable(date), granted()]);
    expect(error).toBeNull();
    expect(waitedMs).toBeGreaterThanOrEqual(9_000);
    expect(waitedMs).toBeLessThan(11_000);
  });

  it('is left to the caller where retry-after is long', async () => {
    const limited = refusal(429, 'temporarily_unavailable', 'too many', { 'retry-after': '3600' });
    expect(await run([limited, granted()])).toMatchObject({
      error: { code: 'temporarily_unavailable', status: 429, retryAfterSeconds: 3600, isRetryable: true },
      tries: 1,
    });
  });

  it('spreads: two clients do not come back at the same time', async () => {
    const waits = new Set<number>();
    for (let index = 0; index < 8; index += 1) {
      vi.setSystemTime(START);
      waits.add((await run([page(503), granted()])).waitedMs);
    }
    expect(waits.size).toBeGreaterThan(1);
  });

  it('stops when its caller does, before, during and between tries', async () => {
    expect(await run([granted()], { signal: AbortSignal.abort() })).toMatchObject({
      error: { code: 'aborted' },
      tries: 0,
    });
    for (const turn of ['hang', page(503)] as const) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 200);
      const { error, tries } = await run([turn, granted()], { signal: controller.signal });
      expect(error?.code).toBe('aborted');
      expect(tries).toBe(1);
    }
  });
});

describe('what an error says', () => {
  const shownOf = (error: TokenExchangeError | null): string =>
    `${String(error?.stack)} ${JSON.stringify(error)} ${JSON.stringify(error?.cause ?? null)}`;

  it('never contains a token, whoever echoes it', async () => {
    const [header = '', payload = ''] = SUBJECT_TOKEN.split('.');
    for (const turn of [
      refusal(400, 'invalid_request', `cannot read ${SUBJECT_TOKEN} and ${ACCESS_TOKEN}`),
      refusal(400, 'invalid_request', `cut: ${SUBJECT_TOKEN.slice(0, 40)}`),
      new Response(SUBJECT_TOKEN, { status: 400 }),
      granted({ access_token: `${ACCESS_TOKEN}\n` }),
      Object.assign(new Error(`request failed: subject_token=${SUBJECT_TOKEN}`), { config: SUBJECT_TOKEN }),
    ]) {
      const shown = shownOf((await run([turn], { retries: 0 })).error);
      for (const secret of [SUBJECT_TOKEN, ACCESS_TOKEN, payload.slice(0, 16), `${header}.`]) {
        expect(shown).not.toContain(secret);
      }
    }
    const opaque = 'an-opaque-token-that-is-no-jwt';
    const echoed = await run([refusal(400, 'invalid_request', `bad ${opaque}`)], { subjectToken: opaque });
    expect(echoed.error?.description).toBe('bad [token]');
  });

  it('is one bounded line without control characters', async () => {
    const { error } = await run([refusal(400, 'invalid_scope', `a\r\n\u001b[31mred\u202e ${'x'.repeat(5_000)}`)]);
    expect(error?.description).toMatch(/^a \[31mred x+…$/);
    expect(error?.description).toHaveLength(500);
  });

  it('does not take a request id for granted that is none', async () => {
    const { error } = await run([refusal(400, 'invalid_scope', 'no', { 'x-request-id': `<script>${'x'.repeat(10)}` })]);
    expect(error?.requestId).toBeNull();
  });

  it('names the status of an answer with an error of its own', async () => {
    const { error } = await run([refusal(400, 'made_up', 'something else')]);
    expect(error).toMatchObject({ code: 'unexpected_response', status: 400, requestId: 'req-1' });
    expect((await run([page(500)], { retries: 0 })).error).toMatchObject({ code: 'server_error', status: 500 });
  });
});

describe('revokeToken (RFC 7009 §2.1)', () => {
  it('sends the token in the body and is content with 200', async () => {
    const { fetch, requests } = scriptedFetch(new Response(null));
    await revokeToken({ url: ADDRESS, token: ACCESS_TOKEN, fetch });
    expect(requests[0]?.url).toBe('https://cambist.test/oidc/revoke');
    expect(Object.fromEntries(requests[0]?.form ?? [])).toEqual({ token: ACCESS_TOKEN });
  });

  it('refuses to revoke nothing, and anything but 200', async () => {
    const { fetch, requests } = scriptedFetch(page(404));
    await expect(revokeToken({ url: ADDRESS, token: '', fetch })).rejects.toMatchObject({ code: 'invalid_options' });
    expect(requests).toHaveLength(0);
    await expect(revokeToken({ url: ADDRESS, token: 'x', fetch })).rejects.toMatchObject({
      code: 'unexpected_response',
      status: 404,
    });
  });
});
