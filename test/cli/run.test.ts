// What every command shares: the parser, the settings, the API client and the output, without a service.

import { describe, expect, it } from 'vitest';

import type { TextSink } from '../../src/cli/command.ts';
import { CliFailure } from '../../src/cli/failure.ts';
import { createOutput } from '../../src/cli/output.ts';
import type { CliRun } from './support/cli.ts';
import { cambist } from './support/cli.ts';

const URL_OF_DEPLOYMENT = 'https://tokens.example.com';
const SET = { CAMBIST_URL: URL_OF_DEPLOYMENT, CAMBIST_TOKEN: 'the-root-token' };
const ROLES = ['roles', 'list'];

/** Runs `cambist roles list` against answers given one after the other. */
async function answered(
  answers: readonly (Response | Error)[],
  argv: readonly string[] = ROLES,
): Promise<CliRun & { readonly asked: number }> {
  let asked = 0;
  const run = await cambist(argv, {
    env: SET,
    elsewhere: () => {
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      if (answer instanceof Error || answer === undefined) throw answer ?? new Error('no answer');
      return answer.clone();
    },
  });
  return { ...run, asked };
}

describe('the parser', () => {
  it('shows the help with exit 0 on stdout', async () => {
    for (const argv of [[], ['--help'], ['bootstrap', '--help'], ['bootstrap', 'github', '--help']]) {
      const run = await cambist(argv);
      expect(run).toMatchObject({ code: 0, stderr: '' });
      expect(run.stdout).toContain('Usage: cambist');
    }
  });

  it('shows the version of the package', async () => {
    expect((await cambist(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [['bootsrap'], "unknown command 'bootsrap' (Did you mean bootstrap?)"],
    [['keys', 'rotat'], "unknown command 'rotat' (Did you mean rotate?)"],
    [['me', '--jsn'], "unknown option '--jsn' (Did you mean --json?)"],
    [['bootstrap'], 'which command of bootstrap?'],
    [['me', 'and', 'you'], 'too many arguments'],
    [['me', '--url'], "option '--url <url>' argument missing"],
  ])('refuses %j with exit 2 and a suggestion', async (argv, message) => {
    const run = await cambist(argv, { env: SET });
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(message);
  });

  it.each([
    ['nothing that there is', ['frob'], '`cambist --help` lists what there is.'],
    ['a group alone', ['keys'], '`cambist keys --help` lists what there is.'],
    ['a group and nothing of it', ['keys', 'rotat'], '`cambist keys --help` lists what there is.'],
    ['a command', ['keys', 'rotate', '--algo', 'ES256'], '`cambist keys rotate --help` explains it.'],
    ['a command of no group', ['me', 'too'], '`cambist me --help` explains it.'],
  ])('names the help of what was meant by %s', async (_, argv, advice) => {
    expect((await cambist(argv, { env: SET })).stderr).toContain(`\n  ${advice}\n`);
  });

  it('shows the same help for `help` and `--help`', async () => {
    for (const words of [[], ['keys'], ['keys', 'rotate']])
      expect(await cambist(['help', ...words])).toEqual(await cambist([...words, '--help']));
  });

  it('holds an option that may be repeated to its choices, each time (exit 2)', async () => {
    const run = await cambist(['keys', 'generate', '--alg', 'ES256', '--alg', 'HS256']);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain("argument 'HS256' is invalid. Allowed choices are ES256, RS256, EdDSA.");
  });

  it('has the right article for every kind of object, and no option for what cannot be changed', async () => {
    expect((await cambist(['providers', 'create', '--help'])).stdout).toContain('Create an identity provider.');
    expect((await cambist(['roles', 'create', '--help'])).stdout).toContain('Create a role.');
    expect((await cambist(['providers', 'create', '--help'])).stdout).toContain('--provider-issuer');
    expect((await cambist(['providers', 'update', '--help'])).stdout).not.toContain('--provider-issuer');
  });
});

describe('the settings', () => {
  it('say which is missing and where it usually comes from', async () => {
    expect((await cambist(ROLES)).stderr).toMatchInlineSnapshot(`
      "✖ Which deployment? Neither --url nor CAMBIST_URL is set.
        It is the ISSUER_URL of your deployment: \`npm run deploy\` prints it, \`npm start\` uses http://localhost:8787.
      "
    `);
    expect((await cambist(ROLES, { env: { CAMBIST_URL: URL_OF_DEPLOYMENT } })).stderr).toMatchInlineSnapshot(`
      "✖ Who is asking? Neither --token-file nor CAMBIST_TOKEN is set.
        It is the root token (the ADMIN_TOKEN of your deployment; \`npm start\` keeps it in .cambist/admin-token),
        or an access token with the scope iam:read, iam:write or iam:admin (\`cambist token\` gets one).
      "
    `);
    expect((await cambist(ROLES)).code).toBe(2);
  });

  it.each([
    ['http://tokens.example.com', 'would send tokens unencrypted'],
    ['tokens.example.com', 'is not the address of a deployment'],
    ['https://tokens.example.com/v1', 'no path, query or credentials'],
    ['https://user:secret@tokens.example.com', 'no path, query or credentials'],
  ])('refuse the address %s', async (url, message) => {
    const run = await cambist([...ROLES, '--url', url], { env: SET });
    expect(run).toMatchObject({ code: 2 });
    expect(run.stderr).toContain(message);
    expect(run.stderr).not.toContain('secret');
  });

  it('read the token from stdin, and never show what is no token', async () => {
    const seen: (string | null)[] = [];
    const elsewhere = (_: URL, headers: Headers): Response => {
      seen.push(headers.get('authorization'), headers.get('x-organisation-identity'));
      return Response.json([]);
    };
    await cambist([...ROLES, '--token-file', '-', '--organisation', 'acme'], {
      env: { CAMBIST_URL: URL_OF_DEPLOYMENT },
      stdin: 'a-token\n',
      elsewhere,
    });
    expect(seen).toEqual(['Bearer a-token', 'acme']);
    const run = await cambist([...ROLES, '--token-file', '-'], { env: SET, stdin: 'two words' });
    expect(run).toMatchObject({ code: 2 });
    expect(run.stderr).not.toContain('two words');
  });
});

describe('the API client', () => {
  const problem = {
    title: 'Bad Request',
    detail: 'the body is wrong',
    errors: [{ pointer: '/name', detail: 'must not be empty' }],
    request_id: 'req-1',
  };

  it('shows a problem with its request id and pointers (RFC 9457)', async () => {
    const run = await answered([Response.json(problem, { status: 400 })]);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatchInlineSnapshot(`
      "✖ GET /v1/iam/roles: the body is wrong
        /name: must not be empty
        request req-1
      "
    `);
    expect(run.asked).toBe(1);
  });

  it('does not say the sentence of a problem twice where it is that of its one fault', async () => {
    const only = async (detail: string): Promise<string[]> =>
      (await answered([Response.json({ ...problem, detail }, { status: 400 })])).stderr.split('\n').slice(0, -2);
    expect(await only('/name must not be empty')).toEqual(['✖ GET /v1/iam/roles: /name must not be empty']);
    expect(await only('must not be empty')).toEqual(['✖ GET /v1/iam/roles: must not be empty', '  /name']);
  });

  it('makes one JSON object of it with --json', async () => {
    const run = await answered([Response.json(problem, { status: 400 })], [...ROLES, '--json']);
    expect(run.stdout).toBe('');
    expect(JSON.parse(run.stderr)).toEqual({
      error: 'invalid',
      message: 'GET /v1/iam/roles: the body is wrong',
      status: 400,
      request_id: 'req-1',
      errors: problem.errors,
    });
  });

  it.each([408, 429, 500, 503])('asks again after %d', async (status) => {
    const busy = Response.json({ detail: 'busy' }, { status, headers: { 'retry-after': '0' } });
    const run = await answered([busy, busy, Response.json([])]);
    expect(run.asked).toBe(3);
  });

  it.each([401, 403, 404, 409, 501])('takes %d for an answer', async (status) => {
    const run = await answered([Response.json({ detail: 'no' }, { status })]);
    expect(run).toMatchObject({ code: 1, asked: 1 });
  });

  it('gives up where nobody answers, and says who', async () => {
    const run = await answered([new TypeError('fetch failed')]);
    expect(run).toMatchObject({ code: 1, asked: 4 });
    expect(run.stderr).toContain('https://tokens.example.com cannot be reached');
  });

  it('follows the link of a page of events that shows fewer than it may, or none, until it has enough', async () => {
    const page = (identities: readonly string[], cursor: string | null): Response =>
      Response.json(
        identities.map((identity) => ({ identity, time: '2027-01-15T08:00:00Z', count: 1 })),
        cursor === null ? {} : { headers: { link: `</v1/audit-events?cursor=${cursor}>; rel="next"` } },
      );
    const pages = [page([], '3'), page(['evt_3', 'evt_2'], '2'), page(['evt_1'], null)];
    const shown = async (limit: string): Promise<readonly [number, readonly string[]]> => {
      const { asked, stdout } = await answered(pages, ['audit', '--json', '--issuer', 'x', '--limit', limit]);
      return [asked, [...stdout.matchAll(/evt_\d/g)].map(([identity]) => identity)];
    };
    expect(await shown('50')).toEqual([3, ['evt_1', 'evt_2', 'evt_3']]);
    expect(await shown('2')).toEqual([2, ['evt_2', 'evt_3']]);
    expect(await shown('1')).toEqual([2, ['evt_3']]);
  });

  it('follows no redirect, and says what answers instead of a deployment without quoting it', async () => {
    const moved = await answered([new Response(null, { status: 302, headers: { location: 'https://evil.example' } })]);
    expect(moved).toMatchObject({ code: 1, asked: 1 });
    expect(moved.stderr).toContain('answered 302 with a redirect to https://evil.example,');
    for (const [body, kind] of [
      ['<!DOCTYPE html><title>secret</title>', 'an HTML page'],
      ['<?xml version="1.0"?><secret/>', 'XML'],
      ['', 'an empty answer'],
      ['secret', 'text that is not JSON'],
      ['"secret"', 'JSON that is no object'],
      ['null', 'JSON that is no object'],
      ['{"secret":1}', 'JSON that is no list'],
    ] as const)
      for (const status of [200, 400]) {
        const { code, stderr } = await answered([new Response(body, { status })]);
        expect(code).toBe(1);
        if (status === 200 || kind !== 'JSON that is no list')
          expect(stderr).toContain(`answered ${status} with ${kind},`);
        expect(stderr).not.toContain('secret');
      }
  });
});

describe('the output', () => {
  it('is coloured on a terminal only, and not with NO_COLOR', async () => {
    const refused = async (env: Readonly<Record<string, string>>, isTTY: boolean): Promise<string> =>
      (await cambist(['nothing'], { env, isTTY })).stderr;
    expect(await refused({}, true)).toContain('\u001b[31m✖');
    expect(await refused({}, false)).not.toContain('\u001b');
    expect(await refused({ NO_COLOR: '1' }, true)).not.toContain('\u001b');
    expect(await refused({ TERM: 'dumb' }, true)).not.toContain('\u001b');
  });

  it('leaves stderr plain where that alone is no terminal', () => {
    const written: string[] = [];
    const sink = (isTTY: boolean): TextSink => ({ write: (text) => written.push(text), isTTY });
    const output = createOutput({ stdout: sink(true), stderr: sink(false) }, {}, false);
    output.warn('mind this');
    output.failure(new CliFailure('it failed', { code: 'x' }));
    output.line(output.paint('red', 'x'));
    expect(written).toEqual(['⚠ mind this\n', '✖ it failed\n', '\u001b[31mx\u001b[39m\n']);
  });
});

describe('an issuer that differs in its last slash from that of its platform', () => {
  const created = async (providerIssuer: string, preset: string): Promise<string> =>
    (
      await answered(
        [Response.json({ identity: 'idp_1', name: 'A', providerIssuer, preset }, { status: 201 })],
        ['providers', 'create', '--name', 'A', '--provider-issuer', providerIssuer],
      )
    ).stderr;

  it('is warned of', async () => {
    expect(await created('https://gitlab.com/', 'generic')).toContain(
      'Tokens of GitLab CI have the issuer https://gitlab.com, and',
    );
  });

  it.each([
    ['https://gitlab.com', 'gitlab'],
    ['https://gitlab.com/', 'gitlab'],
    ['https://issuer.example.com/', 'generic'],
  ])('is not %s with the preset %s', async (issuer, preset) => {
    expect(await created(issuer, preset)).toBe('');
  });
});

describe('explaining an earlier request', () => {
  it.each(['--service-account', '--identity', '--scope', '--audience', '--project'])(
    'is asked as it was, so %s is refused',
    async (option) => {
      const { code, stderr } = await answered([], ['explain', '--request-id', 'r', option, 'x']);
      expect(code).toBe(2);
      expect(stderr).toContain('replays the request');
    },
  );
});
