// `cambist doctor` over a deployment made of answers: each thing that an operator would look at, well and not well.

import { describe, expect, it } from 'vitest';

import type { CliWorld } from './support/cli.ts';
import { cambist } from './support/cli.ts';
import { FAKE_ENV, fakeApi } from './support/fake-api.ts';

interface Finding {
  readonly check: string;
  readonly verdict: string;
  readonly detail: string;
  readonly advice: string | null;
  readonly next: string;
}

type Answers = Readonly<Record<string, (url: URL) => Response>>;

const NUMBERS = {
  'cambist_info{version="0.1.0"}': 1,
  cambist_database_size_bytes: 2_000_000,
  cambist_database_limit_bytes: 10_000_000_000,
};
const numbers =
  (changed: Readonly<Record<string, number>> = {}, without: readonly string[] = []) =>
  (): Response => {
    const samples = Object.entries({ ...NUMBERS, ...changed }).filter(([name]) => !without.includes(name));
    return new Response(`${samples.map(([name, value]) => `${name} ${value}`).join('\n')}\n# EOF\n`);
  };

async function examine(answers: Answers): Promise<{ readonly code: number; readonly findings: readonly Finding[] }> {
  const elsewhere: CliWorld['elsewhere'] = (url, headers, method) =>
    (answers[url.pathname] ?? ((): Response | Promise<Response> => fakeApi()(url, headers, method)))(url);
  const { code, stdout } = await cambist(['doctor', '--json'], { env: FAKE_ENV, elsewhere });
  return { code, ...(JSON.parse(stdout) as { findings: readonly Finding[] }) };
}

async function verdictOf(check: string, answers: Answers): Promise<Pick<Finding, 'verdict' | 'detail' | 'next'>> {
  const { findings } = await examine({ '/metrics': numbers(), ...answers });
  const found = findings.find((finding) => finding.check === check);
  if (found === undefined) throw new Error(`nothing was said of ${check}`);
  return { verdict: found.verdict, detail: found.detail, next: found.next };
}

const ready =
  (body: object, status = 200) =>
  (): Response =>
    Response.json(body, { status });

describe('cambist doctor', () => {
  it('says of every line which command comes next', async () => {
    const { findings } = await examine({ '/metrics': numbers() });
    expect(findings.length).toBeGreaterThan(10);
    for (const { check, next } of findings) expect(next, check).toMatch(/^(?:cambist|npx|npm|curl|date) /);
    expect(findings.map(({ next }) => next).join(' ')).not.toContain('<url>');
  });

  it.each<[string, string, Answers, Readonly<Partial<Finding>>]>([
    [
      'database',
      'is older',
      {
        '/readyz': ready(
          { faults: [{ setting: 'DB', detail: 'DB is older than this code: 0002_a.sql is not applied; run it' }] },
          503,
        ),
      },
      { verdict: 'failed', next: 'npm run deploy' },
    ],
    [
      'database',
      'is newer',
      {
        '/readyz': ready({
          status: 'ready',
          warnings: [{ setting: 'DB', detail: 'DB is newer than this code: it has 0002_a.sql' }],
        }),
      },
      { verdict: 'warning', next: 'npm run deploy' },
    ],
    [
      'database',
      'is filling',
      { '/readyz': ready({ status: 'ready', warnings: [{ setting: 'DB', detail: 'DB is 81 % full' }] }) },
      { verdict: 'warning', next: 'npm run deploy' },
    ],
    ['database', 'is well', { '/readyz': ready({ status: 'ready' }) }, { verdict: 'ok' }],
    [
      'ready',
      'lacks a secret',
      { '/readyz': ready({ faults: [{ setting: 'SEALING_KEY', detail: 'SEALING_KEY is not set' }] }, 503) },
      { verdict: 'failed', next: 'npx wrangler secret put SEALING_KEY' },
    ],
    ['size', 'is small', {}, { verdict: 'ok', detail: 'D1 holds 2.0 MB, 0.0 % of what it can' }],
    [
      'size',
      'is four fifths of what it can be',
      { '/metrics': numbers({ cambist_database_size_bytes: 8_000_000_000 }) },
      { verdict: 'warning', next: 'npm run deploy' },
    ],
    ['size', 'is not told', { '/metrics': numbers({}, ['cambist_database_size_bytes']) }, { verdict: 'skipped' }],
    [
      'release',
      'is another one',
      { '/metrics': numbers({ 'cambist_info{version="0.2.0"}': 1 }, ['cambist_info{version="0.1.0"}']) },
      { verdict: 'warning', next: 'npm run deploy' },
    ],
    ['archive', 'does not exist', {}, { verdict: 'skipped', next: 'cambist audit verify' }],
    ['archive', 'keeps up', { '/metrics': numbers({ cambist_archive_lag_seconds: 21_600 }) }, { verdict: 'ok' }],
    [
      'archive',
      'is behind',
      { '/metrics': numbers({ cambist_archive_lag_seconds: 36_000 }) },
      { verdict: 'warning', detail: 'it is 10 h behind', next: 'npx wrangler tail' },
    ],
    [
      'numbers',
      'are not for this credential',
      { '/metrics': () => new Response('', { status: 403 }) },
      { verdict: 'skipped' },
    ],
    [
      'numbers',
      'are not there in an older release',
      { '/metrics': () => new Response('', { status: 404 }) },
      { verdict: 'skipped', next: 'npm run deploy' },
    ],
    ['numbers', 'cannot be read', { '/metrics': () => new Response('', { status: 503 }) }, { verdict: 'failed' }],
    [
      'audit',
      'has refusals',
      {
        '/v1/audit-events': () =>
          Response.json([
            { reason: 'scope_not_allowed', count: 1, requestId: 'r' },
            { reason: 'subject_mismatch', count: 5, requestId: 's' },
          ]),
      },
      {
        verdict: 'ok',
        detail: '6 refused in the last hour, most for subject_mismatch',
        next: 'cambist explain --request-id r',
      },
    ],
    [
      'audit',
      'is empty',
      { '/v1/audit-events': () => Response.json([]) },
      { verdict: 'ok', detail: 'no event within a day' },
    ],
    [
      'audit',
      'has no event of a day, with older ones in an archive that is damaged',
      {
        '/v1/audit-events': ({ searchParams }) =>
          searchParams.has('since') ? Response.json([]) : new Response('', { status: 500 }),
      },
      { verdict: 'ok', detail: 'no event within a day' },
    ],
    ['audit', 'cannot be read', { '/v1/audit-events': () => new Response('', { status: 500 }) }, { verdict: 'failed' }],
    ['administrators', 'are none but root', {}, { verdict: 'ok' }],
    [
      'signing keys',
      'are old',
      {
        '/v1/signing-keys': () =>
          Response.json([
            { kid: 'a', alg: 'ES256', status: 'active', activatedAt: '2020-01-01T00:00:00Z' },
            { kid: 'b', alg: 'ES256', status: 'standby' },
          ]),
      },
      { verdict: 'warning', next: 'cambist keys rotate' },
    ],
  ])('looks at the %s that %s', async (check, _, answers, expected) => {
    expect(await verdictOf(check, answers)).toMatchObject(expected);
  });

  it('ends with 0 while there are warnings alone, and with 1 once a check failed', async () => {
    const warned = { '/readyz': ready({ status: 'ready', warnings: [{ setting: 'DB', detail: 'DB is 81 % full' }] }) };
    const failing = { '/readyz': ready({ faults: [{ setting: 'DB', detail: 'DB does not answer' }] }, 503) };
    const only = async (answers: Answers): Promise<readonly [number, boolean]> => {
      const { code, findings } = await examine({ '/metrics': numbers(), ...answers });
      return [code, findings.some(({ verdict }) => verdict === 'failed')];
    };
    const [warning, failure] = [await only(warned), await only(failing)];
    expect(warning[0]).toBe(warning[1] ? 1 : 0);
    expect(failure).toEqual([1, true]);
  });
});
