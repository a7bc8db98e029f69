// The templates of GitLab, CircleCI, Buildkite and Bitbucket: their scripts run as each platform runs them, beside a deployment that answers anything.

import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

import { imitate, token } from '../cli/sources/imitation.ts';
import type { Imitation } from '../cli/sources/imitation.ts';
import { PLATFORMS, USE_TOKEN } from './pipelines.ts';
import type { JobEnd } from './pipelines.ts';

type Answer = readonly [status: number, body: string, headers?: Readonly<Record<string, string>>];

const ID_TOKEN = token({ sub: 'repo:\u001b[2Jacme/app', note: '::error::x' });
const ACCESS_TOKEN = token({ aud: 'https://api.example.com' });
const GRANT = JSON.stringify({ access_token: ACCESS_TOKEN, token_type: 'Bearer', expires_in: 3600 });
const REFUSAL = JSON.stringify({
  error: 'invalid_request',
  error_description: 'no federated identity accepts this token',
  message: 'no federated identity accepts this token',
  request_id: 'req-1',
});

let deployment: Imitation;
let answers: readonly Answer[] = [];
let asked = 0;

beforeEach(async () => {
  answers = [[200, GRANT]];
  asked = 0;
  deployment = await imitate(({ url }, response) => {
    const [status, body, headers = {}] =
      url === '/oidc/revoke' ? [200, ''] : (answers[asked] ?? answers.at(-1) ?? [500, '']);
    if (url !== '/oidc/revoke') asked += 1;
    response.writeHead(status, headers).end(body);
  });
});
afterEach(async () => await deployment.close());

function forms(path: string): readonly Readonly<Record<string, string>>[] {
  return deployment.received
    .filter(({ url }) => url === path)
    .map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
}

/** Nowhere but where a platform is told to hide it. */
function expectNoToken({ stdout, stderr, curls }: JobEnd): void {
  for (const text of [stdout, stderr, curls]) {
    expect(text).not.toContain(ID_TOKEN);
    expect(text).not.toContain(ACCESS_TOKEN);
  }
}

const ALL = {
  'service-account': 'sa_1',
  organisation: 'acme & sons',
  scope: 'api:read api:write',
  audience: 'https://api.example.com',
  lifetime: '30m',
  project: 'web',
};

describe.each(PLATFORMS)('$name', ({ name, run }) => {
  it('asks for what the inputs say, and only for that', async () => {
    const all = await run({ url: `${deployment.origin}/`, ...ALL, 'token-type': 'id_token' }, USE_TOKEN, ID_TOKEN);
    expect(all).toMatchObject({ code: 0, shared: ACCESS_TOKEN, stderr: '' });
    const common = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: ID_TOKEN,
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    };
    const bare = await run({ url: deployment.origin }, USE_TOKEN, ID_TOKEN);
    expect(bare.code).toBe(0);
    expect(forms('/oidc/token')).toEqual([
      {
        ...common,
        service_account_id: 'sa_1',
        organisation_id: 'acme & sons',
        scope: 'api:read api:write',
        audience: 'https://api.example.com',
        access_token_lifetime: '30m',
        project_id: 'web',
        requested_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      },
      common,
    ]);
    expectNoToken(all);
    expectNoToken(bare);
    // What was given must be taken back, an ID token excepted; a pipe ends before its step does.
    expect(forms('/oidc/revoke')).toEqual(name === 'Bitbucket' ? [] : [{ token: ACCESS_TOKEN }]);
    if (name === 'Buildkite') expect(bare.redacted).toBe(`${ID_TOKEN}\n${ACCESS_TOKEN}\n`);
  });

  it('fails with the job, and revokes all the same', async () => {
    const end = await run({ url: deployment.origin }, 'exit 7', ID_TOKEN);
    expect(end.code).toBe(7);
    if (name !== 'Bitbucket') expect(forms('/oidc/revoke')).toHaveLength(1);
  });

  it('shows a refusal with the claims, the request id and the command, without control characters', async () => {
    answers = [[400, REFUSAL]];
    const end = await run({ url: deployment.origin }, USE_TOKEN, ID_TOKEN);
    expect(end.code).not.toBe(0);
    expect(end.shared).toBe('');
    expect(end.stderr).toContain('refused: no federated identity accepts this token (invalid_request, HTTP 400)');
    expect(end.stderr).toContain('"sub":"repo:');
    expect(end.stderr).toContain(`cambist explain --url ${deployment.origin} --request-id req-1`);
    // No line begins with what a platform would obey.
    expect(end.stderr).toMatch(/^(?:cambist: [\x20-\x7e]*\n)+$/);
    expect(forms('/oidc/token')).toHaveLength(1);
    expectNoToken(end);
  });

  it('says what is missing if the job has no ID token', async () => {
    const end = await run({ url: deployment.origin }, USE_TOKEN, '');
    expect(end.code).not.toBe(0);
    expect(end.stderr).toMatch(/no ID token|does not say oidc/);
    expect(end.curls).toBe('');
  });
});

// The script is the same everywhere; what follows is tried with the first.
describe('every platform', () => {
  const run = async (url: string): Promise<JobEnd> => {
    const [first] = PLATFORMS;
    if (first === undefined) throw new Error('there is no platform');
    return await first.run({ url }, USE_TOKEN, ID_TOKEN);
  };

  it.each<[name: string, answer: Answer, said: string]>([
    ['ten megabytes', [200, JSON.stringify({ access_token: 'a'.repeat(10_000_000) })], 'more than 64 KiB'],
    ['HTML', [200, '<html>login</html>'], 'answers with an HTML page (HTTP 200)'],
    ['nothing', [200, ''], 'answers with nothing (HTTP 200)'],
    ['no access_token', [200, '{"token":"x"}'], 'answers with something else (HTTP 200) and is no Cambist deployment'],
    [
      'a token that is none',
      [200, '{"access_token":"a b;rm"}'],
      'answers with something else (HTTP 200) and is no Cambist deployment',
    ],
    ['a redirect', [302, '', { location: 'https://elsewhere.example' }], 'answers with a redirect (HTTP 302)'],
  ])('says so if the answer is %s', async (_, answer, said) => {
    answers = [answer];
    const end = await run(deployment.origin);
    expect(end.code).not.toBe(0);
    expect(end.stderr).toContain(said);
    expect(end.shared).toBe('');
  });

  it('asks again after trouble that passes', async () => {
    answers = [
      [503, '{"error":"temporarily_unavailable","error_description":"busy"}', { 'retry-after': '1' }],
      [200, GRANT],
    ];
    const end = await run(deployment.origin);
    expect(end).toMatchObject({ code: 0, shared: ACCESS_TOKEN });
  });

  it.each([
    'http://cambist.example.com',
    'cambist.example.com',
    'https://cambist.example.com/path',
    'https://me@cambist.example.com',
    'https://a b',
    '',
  ])('sends nothing to the address %j', async (url) => {
    const end = await run(url);
    expect(end.code).not.toBe(0);
    expect(end.stderr).toContain('url must be the address of the deployment');
    expect(end.curls).toBe('');
  });
});

it('GitLab gets no token into a debug trace', async () => {
  const gitlab = PLATFORMS.find(({ name }) => name === 'GitLab');
  const trace = { CI_DEBUG_TRACE: 'true' };
  const end = await gitlab?.run({ url: deployment.origin }, USE_TOKEN, ID_TOKEN, ['sh'], trace);
  expect(end).toMatchObject({ code: 1, shared: '', curls: '' });
  expect(end?.stderr).toContain('CI_DEBUG_TRACE');
  const usual = await gitlab?.run({ url: deployment.origin }, USE_TOKEN, ID_TOKEN, ['sh'], { CI_DEBUG_TRACE: 'false' });
  expect(usual?.code).toBe(0);
});

const SHELLS = [['dash'], ['bash'], ['busybox', 'sh']].filter(
  ([program = '', ...args]) => spawnSync(program, [...args, '-c', 'exit 0']).status === 0,
);

describe.each(SHELLS)('%s', (...shell) => {
  it.each(PLATFORMS.filter(({ name }) => ['GitLab', 'Bitbucket'].includes(name)))(
    'runs what $name gives it, and explains a refusal',
    async ({ run }) => {
      const inputs = { url: deployment.origin, ...ALL };
      expect(await run(inputs, USE_TOKEN, ID_TOKEN, shell)).toMatchObject({
        code: 0,
        shared: ACCESS_TOKEN,
        stderr: '',
      });
      [answers, asked] = [[[400, REFUSAL]], 0];
      const refused = await run(inputs, USE_TOKEN, ID_TOKEN, shell);
      expect(refused.stderr).toContain('"sub":"repo:');
      expect(refused.code).not.toBe(0);
    },
  );

  it('refuses to work while it prints every command', () => {
    const script = readFileSync('templates/exchange.sh', 'utf8');
    const [program = '', ...args] = shell;
    const env = { ...process.env, CAMBIST_URL: deployment.origin, CAMBIST_ID_TOKEN: ID_TOKEN };
    const { stderr, status } = spawnSync(program, [...args, '-xc', `${script}\ncambist_exchange`], {
      env,
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toContain('switch that off');
    expect(stderr).not.toContain(ID_TOKEN);
  });
});

describe('the files', () => {
  it('say what each platform reads', () => {
    const [header, body] = parseAllDocuments(readFileSync('templates/token/template.yml', 'utf8')).map(
      (document) => document.toJS() as Record<string, unknown>,
    );
    expect(Object.keys(header ?? {})).toEqual(['spec']);
    expect(Object.keys(body ?? {})).toEqual(['$[[ inputs.job ]]']);
    const orb = parse(readFileSync('templates/circleci/orb.yml', 'utf8')) as Record<string, unknown>;
    expect(Object.keys(orb)).toEqual(['version', 'description', 'commands']);
    expect(orb['version']).toBe(2.1);
  });

  it.each([
    // By GitLab's schema of CI files (baseInput), CircleCI's of configurations, and Buildkite's of plugins.
    [
      'templates/token/template.yml',
      ['spec', 'inputs'],
      ['default', 'description', 'options', 'regex', 'rules', 'type'],
    ],
    ['templates/circleci/orb.yml', ['commands', 'run', 'parameters'], ['default', 'description', 'enum', 'type']],
    ['templates/buildkite/plugin.yml', ['configuration', 'properties'], ['enum', 'type']],
  ])('%s describes an input with nothing that its platform does not know', (file, path, known) => {
    const [first] = parseAllDocuments(readFileSync(file, 'utf8'));
    const inputs = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], first?.toJS());
    const members = Object.values(inputs as object).flatMap((input) => Object.keys(input as object));
    expect(members.filter((member) => !known.includes(member))).toEqual([]);
  });

  it('offer the same inputs everywhere', () => {
    const inputs = ['audience', 'lifetime', 'organisation', 'project', 'scope', 'service-account', 'token-type', 'url'];
    const namesIn = (file: string, path: readonly string[]): string[] => {
      const [first] = parseAllDocuments(readFileSync(file, 'utf8'));
      const found = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], first?.toJS());
      return Object.keys(found as object)
        .filter((name) => !['job', 'command'].includes(name))
        .toSorted();
    };
    expect(namesIn('templates/token/template.yml', ['spec', 'inputs'])).toEqual(inputs);
    expect(namesIn('templates/circleci/orb.yml', ['commands', 'run', 'parameters'])).toEqual(inputs);
    expect(namesIn('templates/buildkite/plugin.yml', ['configuration', 'properties'])).toEqual(inputs);
  });
});
