// How a platform's endpoint is asked: what is tried again, how long is waited, what is final, and what is never repeated aloud.

import { afterEach, describe, expect, it } from 'vitest';

import { pauseMs } from '../../../src/cli/sources/ask-platform.ts';
import { PLATFORM_LONGEST_RETRY_MS, PROBE_TIMEOUT_MS } from '../../../src/cli/sources/limits.ts';
import { detectSources } from '../../../src/cli/sources/detect.ts';
import { obtainIdToken } from '../../../src/cli/sources/obtain.ts';
import { answering, AUDIENCE, imitate, token, world } from './imitation.ts';
import type { Imitation, World } from './imitation.ts';

let endpoint: Imitation | null = null;

afterEach(async () => {
  await endpoint?.close();
  endpoint = null;
});

/** A GitHub job whose endpoint answers these one after the other, the last one for ever. */
async function job(...answers: ReturnType<typeof answering>[]): Promise<World> {
  let turn = 0;
  endpoint = await imitate((request, response) => answers[Math.min(turn++, answers.length - 1)]!(request, response));
  return world({
    ACTIONS_ID_TOKEN_REQUEST_URL: `${endpoint.origin}/?a=b`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner-token',
  });
}

const jwt = token();
const good = answering({ value: jwt });

it.each([408, 429, 500, 502, 503])('tries again after %i and then succeeds', async (status) => {
  const { system, context, asked, pauses } = await job(answering('later', status), good);
  expect((await obtainIdToken(system, context)).token).toBe(jwt);
  expect(asked).toHaveLength(2);
  expect(pauses).toHaveLength(1);
});

it.each([400, 401, 403, 404, 422, 302])('takes %i as final', async (status) => {
  const { system, context, asked, pauses } = await job(answering('no', status), good);
  await expect(obtainIdToken(system, context)).rejects.toMatchObject({
    details: { code: 'platform_refused', status },
  });
  expect(asked).toHaveLength(1);
  expect(pauses).toEqual([]);
});

it('gives up after four tries, with growing pauses', async () => {
  const { system, context, asked, pauses } = await job(answering('down', 503));
  await expect(obtainIdToken(system, context)).rejects.toMatchObject({
    message: 'GitHub Actions gave no ID token in 4 tries; the last time: 503 down',
    details: { code: 'platform_unavailable' },
  });
  expect(asked).toHaveLength(4);
  expect(pauses).toHaveLength(3);
  for (const [index, pause] of pauses.entries()) {
    expect(pause).toBeGreaterThanOrEqual(250 * 2 ** index);
    expect(pause).toBeLessThanOrEqual(500 * 2 ** index);
  }
});

it('waits as long as the platform says, within reason', async () => {
  const { system, context, pauses } = await job(answering('busy', 429, { 'retry-after': '2' }), good);
  await obtainIdToken(system, context);
  expect(pauses).toEqual([2_000]);
  expect(pauseMs(1, '999999', 0)).toBe(PLATFORM_LONGEST_RETRY_MS);
  expect(pauseMs(1, 'Wed, 21 Oct 2026 07:28:00 GMT', 0)).toBe(250);
});

it('takes an endpoint that answers nothing as a passing trouble', async () => {
  const { system, context } = await job(() => undefined);
  const impatient = {
    ...system,
    send: async (request: Parameters<typeof system.send>[0]) => await system.send(request, 20),
  };
  await expect(obtainIdToken(impatient, context)).rejects.toMatchObject({
    message: 'GitHub Actions gave no ID token in 4 tries; the last time: no answer in time',
  });
  expect(endpoint?.received).toHaveLength(4);
});

it('reads no endless answer', async () => {
  const { system, context } = await job((_, response) => void response.end('x'.repeat(1_000_000)));
  await expect(obtainIdToken(system, context)).rejects.toMatchObject({ details: { code: 'platform_unavailable' } });
});

it('repeats no token that an error page shows, and no control characters', async () => {
  const { system, context } = await job(answering(`\u001b[31mrejected ${jwt}\r\n`, 401));
  const message = await obtainIdToken(system, context).then(String, (error: Error) => error.message);
  expect(message).toContain('rejected [token]');
  // eslint-disable-next-line no-control-regex -- that there are none is the point
  expect(message).not.toMatch(/[\u0000-\u001f]/);
});

describe('detection', () => {
  it('asks the metadata services at once and gives up in under 300 ms', async () => {
    endpoint = await imitate(() => undefined);
    const there = world({}, { elsewhere: { 'http://169.254.169.254': endpoint.origin } });
    const startedAt = performance.now();
    const { chosen, probed } = await detectSources(there.system, there.context);
    expect(performance.now() - startedAt).toBeLessThan(600); // 300 ms and what a busy test machine adds
    expect(PROBE_TIMEOUT_MS).toBeLessThan(300);
    expect([chosen, probed, endpoint.received.length]).toEqual([null, true, 3]);
  });

  it('asks nobody where a variable decides', async () => {
    const there = world({ SEMAPHORE_OIDC_TOKEN: jwt });
    expect((await detectSources(there.system, there.context)).chosen?.source.name).toBe('semaphore');
    expect(there.asked).toEqual([]);
  });

  it('asks nobody where --source names a place', async () => {
    const there = world({ A: jwt });
    expect((await detectSources(there.system, there.context, 'env:A')).chosen?.origin).toEqual({
      from: 'variable',
      variable: 'A',
    });
    expect(there.asked).toEqual([]);
  });

  it('prefers the pipeline to the machine that it runs on', async () => {
    const there = world({ SPIFFE_ENDPOINT_SOCKET: 'unix:///x', SEMAPHORE_OIDC_TOKEN: jwt, K_SERVICE: 'x' });
    const { chosen, findings } = await detectSources(there.system, there.context);
    expect(chosen?.source.name).toBe('semaphore');
    expect(findings.map(({ source }) => source.name)).toEqual(['semaphore', 'spiffe', 'google']);
  });

  it('refuses a source that does not exist, and lists those that do', async () => {
    const { system, context } = world({});
    await expect(detectSources(system, context, 'gitub')).rejects.toMatchObject({
      details: { exitCode: 2, next: expect.stringContaining('github, gitlab') },
    });
  });

  it('says that nothing was found, and what to set', async () => {
    const { system, context } = world({});
    await expect(obtainIdToken(system, context)).rejects.toMatchObject({
      message: 'Nothing here gives an ID token, and no metadata service answers.',
      details: { code: 'no_source', next: expect.stringContaining('CAMBIST_ID_TOKEN') },
    });
  });

  it('tells how the job gets our audience, where the token has another one', async () => {
    const { system, context } = world({
      BITBUCKET_STEP_OIDC_TOKEN: token({ aud: 'ari:cloud:bitbucket::workspace/1' }),
    });
    const { audienceAdvice } = await obtainIdToken(system, context);
    expect(audienceAdvice).toContain(`is for ari:cloud:bitbucket::workspace/1, not for ${AUDIENCE}: write \`oidc:`);
  });
});
