// What `cambist exec` keeps fresh around a command with the agent's file and the agent's options, and what is left at the end (contract §9).

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { runHere } from '../cli-run.ts';
import type { CliEnd } from '../cli-run.ts';
import { imitate, token } from '../sources/imitation.ts';
import type { Imitation } from '../sources/imitation.ts';

const TYPE = 'urn:ietf:params:oauth:token-type:';

let deployment: Imitation;
let directory = '';
let lifetimeSeconds = 600;
/** What the deployment answers to an exchange; null for a token. */
let refusal: (form: URLSearchParams) => { readonly status: number; readonly body: object } | null;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cambist-exec-'));
  lifetimeSeconds = 600;
  refusal = () => null;
  let turn = 0;
  deployment = await imitate(({ url, body }, response) => {
    const form = new URLSearchParams(body);
    const refused = url === '/oidc/revoke' ? { status: 200, body: {} } : refusal(form);
    const isIdentity = form.get('requested_token_type') === `${TYPE}id_token`;
    turn += 1;
    response.writeHead(refused?.status ?? 200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(
        refused?.body ?? {
          access_token: token({ turn, for: form.getAll('audience') }),
          issued_token_type: `${TYPE}${isIdentity ? 'id_token' : 'access_token'}`,
          token_type: isIdentity ? 'N_A' : 'Bearer',
          expires_in: lifetimeSeconds,
        },
      ),
    );
  });
});

afterEach(async () => {
  await deployment.close();
  rmSync(directory, { recursive: true, force: true });
});

const file = (name: string): string => join(directory, name);
const read = (name: string): string => (existsSync(file(name)) ? readFileSync(file(name), 'utf8') : '');
const exchanges = (): URLSearchParams[] =>
  deployment.received.filter(({ url }) => url === '/oidc/token').map(({ body }) => new URLSearchParams(body));
const revoked = (): (string | null)[] =>
  deployment.received
    .filter(({ url }) => url === '/oidc/revoke')
    .map(({ body }) => new URLSearchParams(body).get('token'));

async function exec(args: readonly string[], script: string, stdin = ''): Promise<CliEnd> {
  const env = { PATH: process.env['PATH'] ?? '', CAMBIST_URL: deployment.origin, CAMBIST_ID_TOKEN: token() };
  return await runHere(['exec', ...args, '--', 'sh', '-c', `cd ${directory}; ${script}`], env, { stdin });
}

const outputsFile = (outputs: readonly object[], more: object = {}): string => JSON.stringify({ ...more, outputs });

describe('outputs around a command', () => {
  it('are all there before it starts; at the end they are gone, and access tokens are revoked', async () => {
    const config = outputsFile([
      { type: 'token', path: file('api'), scope: 'api:read' },
      { type: 'docker-config', path: file('docker.json'), registry: 'r.example.com' },
      { type: 'kubeconfig', path: file('kube') },
      { type: 'template', path: file('app.ini'), template: 'token={{ token }}', command: `cp app.ini made` },
    ]);
    const script = `cat api > seen; names=$(ls | tr '\\n' ' '); printf %s "$names" > names; echo "\${CAMBIST_TOKEN-none}" > variable; exit 7`;
    const args = ['--config', '-'];
    const end = await exec(args, script, config.replace('cp app.ini made', `cp ${file('app.ini')} ${file('made')}`));
    expect([end.code, end.stdout, end.stderr]).toEqual([7, '', '']);
    expect(read('names')).toBe('api app.ini docker.json kube kube.token made seen ');
    expect(read('variable')).toBe('none\n');
    for (const name of ['api', 'app.ini', 'docker.json', 'kube', 'kube.token']) expect(read(name)).toBe('');
    expect(exchanges().map((form) => form.get('scope'))).toEqual(expect.arrayContaining(['api:read', null, null]));
    // An ID token cannot be revoked: clouds check it by its signature alone.
    expect(revoked()).toHaveLength(3);
    expect(revoked()).toEqual(expect.arrayContaining([read('seen'), read('made').replace('token=', '')]));
  });

  it('may be named by options, beside a token in a variable', async () => {
    const args = ['--output', `id-token=${file('id')}`, '--audience', 'https://vault', '--env', 'API', '--no-revoke'];
    const { code } = await exec(args, 'cat id > seen; echo "$API" > variable');
    expect([code, revoked()]).toEqual([0, []]);
    expect(exchanges().map((form) => [form.get('requested_token_type'), form.getAll('audience')])).toEqual([
      [null, ['https://vault']],
      [`${TYPE}id_token`, ['https://vault']],
    ]);
    expect(read('seen').split('.')).toHaveLength(3);
    expect(read('variable')).not.toBe('\n');
  });

  it('are renewed while it runs, and it gets the signal at each change', async () => {
    lifetimeSeconds = 2;
    const script =
      'cat api > first; trap "cat api > second; exit 5" HUP; i=0; while [ $i -lt 200 ]; do sleep 0.05; i=$((i+1)); done';
    const { code, stderr } = await exec(['--output', `token=${file('api')}`, '--signal', 'HUP'], script);
    expect([code, stderr]).toEqual([5, '']);
    expect(read('second')).not.toBe(read('first'));
    expect(revoked()).toContain(read('second'));
  }, 20_000);

  it('are renewed for --file and --id-token-file too, with the options of outputs', async () => {
    lifetimeSeconds = 2;
    const script = 'trap "exit 5" USR1; stat -c %a "$CAMBIST_TOKEN_FILE" "$ID" > modes; while :; do sleep 0.05; done';
    const args = ['--file', file('api'), '--id-token-file', 'ID=https://vault', '--mode', '0640', '--signal', 'USR1'];
    expect((await exec(args, script)).code).toBe(5);
    expect(read('modes')).toBe('640\n640\n');
  }, 20_000);

  it('stay until they expire if they cannot be renewed, and that is reported', async () => {
    lifetimeSeconds = 2;
    refusal = () => (exchanges().length === 1 ? null : { status: 400, body: { error: 'invalid_request' } });
    const script = 'i=0; while [ $i -lt 60 ]; do sleep 0.05; cat api >> seen; i=$((i+1)); done';
    const { code, stderr } = await exec(['--output', `token=${file('api')}`], script);
    expect(code).toBe(0);
    // Each look found the token, also after its end.
    expect(read('seen').length % 60).toBe(0);
    expect(stderr).toMatch(/^⚠ \S+api could not be renewed: .* It is good until \d{4}-[^\n]*\.\n/);
    expect(stderr).not.toContain(read('seen').slice(0, 60));
    expect(stderr.match(/could not be renewed/g)).toHaveLength(1);
  }, 20_000);

  it('answer /healthz for it if that is asked for', async () => {
    const fetchHealth =
      'require("http").get(process.env.CAMBIST_HEALTH_URL, (r) => r.on("data", (d) => fs.writeFileSync("health", r.statusCode + String(d))))';
    const args = ['--output', `token=${file('api')}`, '--listen', '127.0.0.1:0'];
    expect((await exec(args, `"${process.execPath}" -e '${fetchHealth}'`)).code).toBe(0);
    expect(read('health')).toMatch(/^200\{"status":"ok","outputs":\[\{"type":"token".*"state":"fresh"/);
  });
});

describe('a command is not started', () => {
  const asked = (audience: string): string =>
    outputsFile([
      { type: 'token', path: file('api') },
      { type: 'id-token', path: file('id'), audience },
    ]);
  const refuseOther = (form: URLSearchParams) =>
    form.get('audience') === 'https://other'
      ? { status: 400, body: { error: 'invalid_target', error_description: 'that audience is not allowed' } }
      : null;

  it('if one output is refused: the reason is shown, what was written is removed, and tokens are revoked', async () => {
    refusal = refuseOther;
    const { code, stderr } = await exec(['--config', '-'], 'touch ran', asked('https://other'));
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`✖ ${file('id')}: The exchange was refused: that audience is not allowed.`),
    ]);
    expect([existsSync(file('ran')), read('api'), revoked().length]).toEqual([false, '', 1]);
    expect((await exec(['--config', '-'], 'touch ran', asked('https://allowed'))).code).toBe(0);
    expect(existsSync(file('ran'))).toBe(true);
  });

  it('if somebody else wrote the file that is to be replaced, which stays', async () => {
    writeFileSync(file('kube'), 'apiVersion: v1\n');
    const { code, stderr } = await exec(['--output', `kubeconfig=${file('kube')}`], 'touch ran');
    expect([code, stderr, read('kube')]).toEqual([1, expect.stringContaining('did not write'), 'apiVersion: v1\n']);
    expect(existsSync(file('ran'))).toBe(false);
  });

  it.each([
    ['a faulty file', ['--config', '-'], 1, '/outputs: must be a list of at least one output'],
    ['the file and options', ['--config', '-', '--output', 'token=/x'], 2, '--output and --config do not go together'],
    ['what narrows no token', ['--config', '-', '--scope', 'a'], 2, '--scope and --config do not go together'],
    ['what no output takes', ['--output', 'token=/x', '--role', 'a'], 2, '--role means nothing for these outputs'],
    ['a process without a signal', ['--file', '/x', '--pid-file', '/p'], 2, '--pid-file needs a signal'],
    ['one path twice', ['--file', '/x', '--output', 'token=/./x'], 2, 'is written by another output, too'],
    ['health for everybody', ['--listen', '0.0.0.0:80'], 2, 'is not an address of loopback and a port'],
    ['an empty path', ['--file', ''], 2, '--file is empty'],
  ])('with %s, and nobody is asked', async (_, args, code, message) => {
    const end = await exec(args, 'touch ran', '{"outputs":[]}');
    expect([end.code, end.stderr]).toEqual([code, expect.stringContaining(message)]);
    expect([existsSync(file('ran')), deployment.received]).toEqual([false, []]);
  });

  it('with a file of outputs and --file for one of the same paths; twin: beside it', async () => {
    const config = outputsFile([{ type: 'token', path: file('api') }]);
    const same = await exec(['--config', '-', '--file', file('api')], 'touch ran', config);
    expect([same.code, same.stderr]).toEqual([2, expect.stringContaining('is written by an output of standard input')]);
    const args = ['--config', '-', '--file', file('mine'), '--scope', 'api:read'];
    expect((await exec(args, 'cat mine > seen', config)).code).toBe(0);
    expect(read('seen')).not.toBe('');
    // The options narrow the token of --file, and none that the file of outputs asks for.
    expect(exchanges().map((form) => form.get('scope'))).toEqual(expect.arrayContaining(['api:read', null]));
  });
});
