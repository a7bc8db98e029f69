// `cambist report` over a deployment made of answers: what it says, when it fails, and what it writes.

import { describe, expect, it } from 'vitest';

import type { CliWorld } from './support/cli.ts';
import { cambist } from './support/cli.ts';
import { FAKE_ENV, fakeApi, TRUST_REPORT } from './support/fake-api.ts';

const [MAIN] = TRUST_REPORT.identities;
const ID = 'fid_01h45ytscbebyvny4gc8cr8ma2';
const OTHER = 'fid_01h45ytscbebyvny4gc8cr8mb3';

type Entry = Readonly<Record<string, unknown>>;

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly ifMatch: string | null;
}

/** A deployment whose report has these pages; what was sent to it is noted. */
function world(pages: readonly (readonly (Entry | undefined)[])[], sent: Sent[] = []): CliWorld {
  const others = fakeApi();
  return {
    env: FAKE_ENV,
    elsewhere: async (url, headers, method, body) => {
      const path = `${url.pathname}${url.search}`;
      sent.push({ method, path, body, ifMatch: headers.get('if-match') });
      if (url.pathname !== '/v1/reports/trust') return others(url, headers, method);
      const page = Number(url.searchParams.get('cursor') ?? 0);
      const link = page + 1 < pages.length ? { link: `</v1/reports/trust?cursor=${page + 1}>; rel="next"` } : {};
      return Response.json({ ...TRUST_REPORT, identities: pages[page] }, { headers: link });
    },
  };
}

const quiet: Entry = { ...MAIN, identity: OTHER, name: 'quiet', findings: [], proposal: null };
const unused: Entry = {
  ...MAIN,
  identity: OTHER,
  name: 'old',
  lastUsedAt: null,
  grants90d: 0,
  findings: [
    { code: 'never_matched', detail: 'no token was granted by it since it was made on 2026-01-01' },
    { code: 'over_broad', detail: 'github_name_only: names can be taken' },
  ],
  proposal: null,
};

describe('cambist report', () => {
  it('shows what is most worth doing first, with the command that does it, and counts the others', async () => {
    const { code, stdout } = await cambist(['report'], world([[MAIN, quiet], [unused]]));
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "old  of deployer  fid_01h45ytscbebyvny4gc8cr8mb3
          0 grants in 90 days; never used
          never_matched  no token was granted by it since it was made on 2026-01-01
          over_broad  github_name_only: names can be taken
          → cambist identities delete fid_01h45ytscbebyvny4gc8cr8mb3

      main  of deployer  fid_01h45ytscbebyvny4gc8cr8ma2
          412 grants in 90 days; last used 2026-11-27T00:00:00Z
          over_broad  double_wildcard: ** is wide
          What the grants need:
              providerSubject  repo:acme/app:ref:refs/heads/main
              conditions       {"repository_id":"2"}
          It would still grant 400 of 412 (2 the rule refuses today already, 10 could not be tried, since not all was kept).
          It no longer lets in: other branches, pull requests.
          → cambist report --apply fid_01h45ytscbebyvny4gc8cr8ma2 --shadow
          → cambist report --apply fid_01h45ytscbebyvny4gc8cr8ma2

      2026-11-28T00:00:00Z: of 3 rules, 1 can go and 1 can be narrower.
      "
    `);
  });

  it('gives every page as one object with --json', async () => {
    const { stdout } = await cambist(['report', '--json'], world([[MAIN, quiet], [unused]]));
    expect(JSON.parse(stdout)).toEqual({ ...TRUST_REPORT, identities: [MAIN, quiet, unused] });
  });

  it('narrows the report as it is told to', async () => {
    const sent: Sent[] = [];
    await cambist(['report', '--service-account', 'deployer', '--identity', ID], world([[MAIN]], sent));
    expect(sent.map(({ path }) => path)).toEqual([`/v1/reports/trust?serviceAccount=deployer&identity=${ID}`]);
  });

  it.each([
    [['--fail-on', 'unused'], 0],
    [['--fail-on', 'unused', '--fail-on', 'over_broad'], 1],
    [['--fail-on', 'any'], 1],
  ])('exits with %j by %i', async (options, expected) => {
    expect((await cambist(['report', ...options], world([[MAIN]]))).code).toBe(expected);
  });

  it('refuses a code that there is not, and options that do not go together', async () => {
    for (const options of [
      ['--fail-on', 'wide'],
      ['--shadow'],
      ['--apply', ID, '--format', 'yaml'],
      ['--apply', ID, '--fail-on', 'any'],
      ['--apply', 'main'],
      ['--format', 'yaml', '--json'],
    ])
      expect((await cambist(['report', ...options], world([[MAIN]]))).code, options.join(' ')).toBe(2);
  });

  it('writes what export writes, with the proposals in it', async () => {
    const yaml = (await cambist(['report', '--format', 'yaml'], world([[MAIN]]))).stdout;
    expect(yaml).toContain('repo:acme/app:ref:refs/heads/main');
    expect(yaml).toContain('repository_id');
    const plain = (await cambist(['export'], world([[MAIN]]))).stdout;
    expect(plain).not.toContain('ref:refs/heads/main');
    const hcl = (await cambist(['report', '--format', 'hcl'], world([[MAIN]]))).stdout;
    expect(hcl).toMatch(/provider_subject\s+= "repo:acme\/app:ref:refs\/heads\/main"/);
  });
});

describe('cambist report --apply', () => {
  const proposed = { providerSubject: 'repo:acme/app:ref:refs/heads/main', conditions: { repository_id: '2' } };

  it('changes the proposed members and nothing else, at the version that it read', async () => {
    const sent: Sent[] = [];
    const { code, stdout } = await cambist(['report', '--apply', ID, '--yes'], world([[MAIN]], sent));
    expect(code).toBe(0);
    const change = sent.find(({ method }) => method === 'PATCH');
    expect(change).toMatchObject({ path: `/v1/federated-identities/${ID}`, ifMatch: '"1"' });
    expect(JSON.parse(change?.body ?? '')).toEqual(proposed);
    expect(stdout).toContain('It no longer lets in: other branches, pull requests.');
  });

  it('adds the narrower rule beside it as a shadow rule with --shadow', async () => {
    const sent: Sent[] = [];
    expect((await cambist(['report', '--apply', ID, '--shadow', '--yes'], world([[MAIN]], sent))).code).toBe(0);
    const writes = sent.filter(({ method }) => method !== 'GET');
    expect(writes.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /v1/federated-identities']);
    expect(JSON.parse(writes[0]?.body ?? '')).toMatchObject({ ...proposed, name: 'main (narrower)', mode: 'shadow' });
  });

  it('changes nothing if nobody says yes, or if nothing is proposed', async () => {
    const sent: Sent[] = [];
    expect((await cambist(['report', '--apply', ID], world([[MAIN]], sent))).code).toBe(2);
    expect((await cambist(['report', '--apply', ID], { ...world([[MAIN]], sent), ask: async () => 'n' })).code).toBe(1);
    const none = await cambist(['report', '--apply', ID, '--yes'], world([[quiet]], sent));
    expect(none.code).toBe(1);
    expect(none.stderr).toContain('Nothing is proposed');
    expect(sent.every(({ method }) => method === 'GET')).toBe(true);
  });
});
