// What the Action makes of answers that are no grant: HTML, nothing, redirects, refusals, trouble that passes; and of GitHub's and AWS's.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { shownFailure } from '../../src/action/failure.ts';
import type { ShownFailure } from '../../src/action/failure.ts';
import { getCredentials } from '../../src/action/get-credentials.ts';
import { runnerOf } from '../../src/action/runner.ts';
import { takeBack } from '../../src/action/take-back.ts';
import { imitate, token } from '../cli/sources/imitation.ts';
import type { Imitation } from '../cli/sources/imitation.ts';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Answer = readonly [status: number, body: string, headers?: Readonly<Record<string, string>>];

const ID_TOKEN = token({ repository: 'acme/app' });
const ACCESS_TOKEN = token({ sub: 'sa_01h45ytscbebyvny4gc8cr8ma2' });
const GRANT = JSON.stringify({
  access_token: ACCESS_TOKEN,
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 3600,
});
const ID_GRANT = GRANT.replace('token-type:access_token', 'token-type:id_token');
const KEYS =
  '<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>s3cr3t</SecretAccessKey><SessionToken>session</SessionToken><Expiration>2031-01-01T00:00:00Z</Expiration></Credentials>';
const SOON = { 'retry-after': '0' };

let answers: Record<'github' | 'deployment' | 'sts', readonly Answer[]>;
let asked: Record<keyof typeof answers, number>;
let platform: Imitation;
let directory = '';

beforeEach(async () => {
  answers = { github: [[200, JSON.stringify({ value: ID_TOKEN })]], deployment: [[200, GRANT]], sts: [[200, KEYS]] };
  asked = { github: 0, deployment: 0, sts: 0 };
  directory = mkdtempSync(join(tmpdir(), 'cambist-answers-'));
  platform = await imitate(({ url }, response) => {
    const who = url.startsWith('/oidc/') ? 'deployment' : url.startsWith('/sts') ? 'sts' : 'github';
    const [status, body, headers = {}] = answers[who][asked[who]] ?? answers[who].at(-1) ?? [500, ''];
    asked[who] += 1;
    response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(body);
  });
});
afterEach(async () => {
  await platform.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Runs the step; null if it succeeds. */
async function failure(inputs: Readonly<Record<string, string>> = {}): Promise<ShownFailure | null> {
  const files = Object.fromEntries(['OUTPUT', 'ENV', 'STATE'].map((name) => [`GITHUB_${name}`, join(directory, name)]));
  for (const path of Object.values(files)) writeFileSync(path, '');
  const variables = {
    GITHUB_ACTIONS: 'true',
    INPUT_URL: platform.origin,
    ACTIONS_ID_TOKEN_REQUEST_URL: `${platform.origin}/id?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner-token',
    AWS_ENDPOINT_URL_STS: `${platform.origin}/sts`,
    ...files,
    ...inputs,
  };
  try {
    await getCredentials(
      runnerOf(variables, () => undefined),
      variables,
    );
    return null;
  } catch (error) {
    const shown = shownFailure(error);
    for (const secret of [ID_TOKEN, ACCESS_TOKEN, 's3cr3t']) expect(shown.text + shown.summary).not.toContain(secret);
    return shown;
  }
}

const AWS = { 'INPUT_AWS-ROLE': 'arn:aws:iam::123456789012:role/deploy', 'INPUT_AWS-REGION': 'eu-central-1' };

describe('the deployment', () => {
  it.each<[name: string, answer: Answer, said: string]>([
    ['HTML', [200, '<html>login</html>'], 'an HTML page: check that the address is a Cambist deployment'],
    ['a page of a proxy', [404, '<html>'], 'not one of a Cambist deployment (an HTML page): check the address'],
    ['nothing', [200, ''], 'an empty answer'],
    ['too much', [200, 'x'.repeat(200_000), { 'content-type': 'text/plain' }], 'too long'],
    ['other JSON', [200, '{"token":"x"}'], 'no usable access_token'],
    ['a redirect', [302, '', { location: 'https://elsewhere.example' }], 'redirect'],
    ['another kind of token', [200, ID_GRANT], 'another kind of token'],
    ['a token that does not end', [200, GRANT.replace('3600', '0')], 'no usable expires_in'],
    ['two lines as a token', [200, GRANT.replace(ACCESS_TOKEN, 'a\\nb')], 'no usable access_token'],
  ])('that answers %s is told apart, and asked once', async (_, answer, said) => {
    answers.deployment = [answer];
    const shown = await failure();
    expect(shown?.text).toContain(said);
    expect(asked.deployment).toBe(1);
  });

  it.each([408, 429, 500, 503])('that answers %i is asked again', async (status) => {
    answers.deployment = [
      [status, '{"error":"temporarily_unavailable"}', SOON],
      [200, GRANT],
    ];
    expect(await failure()).toBeNull();
    expect(asked).toEqual({ github: 1, deployment: 2, sts: 0 });
  });

  it.each(['invalid_request', 'invalid_scope', 'invalid_target'])('that refuses with %s is believed', async (error) => {
    const description = 'no federated identity accepts this token';
    answers.deployment = [
      [400, JSON.stringify({ error, error_description: description }), { 'x-request-id': 'req-1' }],
      [200, GRANT],
    ];
    const shown = await failure();
    expect(shown?.text).toContain(description);
    expect(shown?.text).toContain(`cambist explain --url ${platform.origin} --request-id req-1`);
    expect(shown?.summary).toContain('"repository": "acme/app"');
    expect(asked.deployment).toBe(1);
  });
});

describe('post', () => {
  it('fails no job if the token cannot be revoked, and says so', async () => {
    answers.deployment = [[404, '<html>']];
    const lines: string[] = [];
    const state = { STATE_url: platform.origin, STATE_revoke: ACCESS_TOKEN, STATE_file: '/nonexistent/file' };
    await takeBack(
      runnerOf({}, (line) => lines.push(line)),
      state,
    );
    expect(lines).toEqual([expect.stringMatching(/^::warning title=Cambist::The token could not be revoked/)]);
    expect(lines.join('')).not.toContain(ACCESS_TOKEN);
  });

  it('removes the file that is still ours, and neither reads nor waits for a pipe in its place', async () => {
    const path = join(directory, 'token');
    const said: string[] = [];
    const back = async (): Promise<void> =>
      await takeBack(
        runnerOf({}, (line) => said.push(line)),
        { STATE_file: path, STATE_file_holds: ACCESS_TOKEN },
      );
    execFileSync('mkfifo', [path]);
    await back();
    expect(statSync(path).isFIFO()).toBe(true);
    rmSync(path);
    writeFileSync(path, ACCESS_TOKEN);
    await back();
    expect([existsSync(path), said]).toEqual([false, [`Removed ${path}\n`]]);
  });

  it('takes nothing back if there was nothing', async () => {
    await takeBack(
      runnerOf({}, () => undefined),
      {},
    );
    expect(asked).toEqual({ github: 0, deployment: 0, sts: 0 });
  });
});

describe('GitHub', () => {
  it.each(['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'])(
    'that gives the job no %s is told that the permission is missing',
    async (name) => {
      const shown = await failure({ [name]: '', GITHUB_ACTIONS: '' });
      expect(shown?.text).toContain('`id-token: write`');
      expect(shown?.summary).toContain('      id-token: write\n');
      expect(asked).toEqual({ github: 0, deployment: 0, sts: 0 });
    },
  );

  it('is asked again after trouble that passes, and believed when it refuses', async () => {
    answers.github = [[503, '', SOON], ...answers.github];
    expect(await failure()).toBeNull();
    answers.github = [[403, 'no']];
    expect((await failure())?.text).toContain('GitHub Actions refused to give an ID token: 403 no');
    expect(asked.deployment).toBe(1);
  });

  it('that answers no token is told so', async () => {
    answers.github = [[200, '{"value":"null"}']];
    expect((await failure())?.text).toContain('no ID token');
    expect(asked.deployment).toBe(0);
  });
});

describe('AWS', () => {
  beforeEach(() => {
    answers.deployment = [[200, ID_GRANT]];
  });
  const refusal = (code: string): string => `<Error><Code>${code}</Code><Message>it &lt;says&gt; so</Message></Error>`;

  it.each([
    [400, 'IDPCommunicationError'],
    [400, 'Throttling'],
    [503, 'ServiceUnavailable'],
  ])('is asked again after %i %s', async (status, code) => {
    answers.sts = [
      [status, refusal(code), SOON],
      [200, KEYS],
    ];
    expect(await failure(AWS)).toBeNull();
    expect(asked.sts).toBe(2);
  });

  it.each([
    [403, 'AccessDenied'],
    [400, 'InvalidIdentityToken'],
    [400, 'ValidationError'],
  ])('is believed after %i %s', async (status, code) => {
    answers.sts = [
      [status, refusal(code)],
      [200, KEYS],
    ];
    const shown = await failure(AWS);
    expect(shown?.text).toContain(`${code}: it <says> so`);
    expect(shown?.summary).toContain('cambist trust aws --service-account sa_01h45ytscbebyvny4gc8cr8ma2');
    expect(asked.sts).toBe(1);
  });

  it.each([
    ['no keys', '<html>'],
    ['keys of two lines', KEYS.replace('s3cr3t', 's3cr3t\naws_access_key_id = x')],
    ['keys that never end', KEYS.replace('2031-01-01T00:00:00Z', 'never')],
  ])('that answers %s is told so', async (_, xml) => {
    answers.sts = [[200, xml]];
    expect((await failure(AWS))?.text).toContain('without usable keys');
  });

  it('gets no token in clear', async () => {
    const shown = await failure({ ...AWS, AWS_ENDPOINT_URL_STS: 'http://sts.example.com' });
    expect(shown?.text).toContain('AWS_ENDPOINT_URL_STS');
    expect(asked.sts).toBe(0);
  });
});
