// The completion scripts in the real shells: what each of them offers for a line, with names from a deployment. A shell that is not
// installed is left out, and the name of the test says so.

import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { completionScript } from '../../../src/cli/completion/scripts.ts';
import { completedCommands } from '../../../src/cli/completion/model.ts';

const SHELLS = {
  bash: ['--norc', '--noprofile'],
  zsh: ['-f'],
  fish: ['--no-config'],
} as const;
type Shell = keyof typeof SHELLS;

const directory = mkdtempSync(join(tmpdir(), 'cambist-shells-'));
const pwned = join(directory, 'pwned');
const HERE = import.meta.dirname;

/** Two accounts, one of which is named to be run by a careless shell. */
const ACCOUNTS = [
  { identity: 'sa_01h45ytscbebyvny4gc8cr8ma2', slug: 'deployer', description: 'Deploys the shop: \u001b[31mred' },
  { identity: 'sa_01h45ytscbebyvny4gc8cr8ma3', slug: `$(touch ${pwned})`, description: `\`touch ${pwned}\`` },
];
const asked: string[] = [];
const deployment = createServer((request, response) => {
  asked.push(`${request.url ?? ''} ${request.headers['x-organisation-identity']?.toString() ?? ''}`);
  const isKnown =
    request.url?.startsWith('/v1/service-accounts') && request.headers.authorization === 'Bearer the-token';
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(isKnown ? ACCOUNTS : []));
});

beforeAll(async () => {
  for (const name of ['bin', 'work', 'cambist']) mkdirSync(join(directory, name));
  const command = join(directory, 'bin/cambist');
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${process.cwd()}/src/cli/run-in-clone.mjs' "$@"\n`);
  chmodSync(command, 0o755);
  for (const shell of Object.keys(SHELLS) as Shell[])
    writeFileSync(join(directory, `script.${shell}`), await completionScript(shell));
  await new Promise<void>((resolve) => deployment.listen(0, '127.0.0.1', resolve));
  const { port } = deployment.address() as AddressInfo;
  writeFileSync(
    join(directory, 'cambist/config.yaml'),
    `default: here\ndeployments:\n  here: {url: "http://127.0.0.1:${port}", tokenVariable: HERE}\n  there: {url: https://there.example.com}\n`,
    { mode: 0o600 },
  );
});
afterAll(() => {
  deployment.close();
  rmSync(directory, { recursive: true, force: true });
});

/** What the shell offers for each line, without what stands before `=`. */
async function offered(shell: Shell, lines: readonly string[]): Promise<readonly (readonly string[])[]> {
  const { stdout, stderr } = await promisify(execFile)(
    shell,
    [...SHELLS[shell], join(HERE, `capture.${shell}`), join(directory, `script.${shell}`), ...lines],
    {
      env: {
        PATH: `${directory}/bin:${process.env['PATH'] ?? ''}`,
        HOME: directory,
        XDG_CONFIG_HOME: directory,
        HERE: 'the-token',
        TERM: 'dumb',
      } as unknown as NodeJS.ProcessEnv,
      cwd: join(directory, 'work'),
    },
  );
  expect(stderr).toBe('');
  const results: string[][] = [[]];
  for (const line of stdout.split('\n')) {
    if (line.startsWith('LINE ')) results.push([]);
    else if (line.startsWith('OFFERED '))
      results.at(-1)?.push(
        line
          .slice('OFFERED '.length)
          .replace(/^--[\w-]+=/, '')
          .trim(),
      );
  }
  return results.slice(0, -1).map((words) => words.toSorted());
}

const CASES: readonly (readonly [line: string, words: readonly string[]])[] = [
  ['cambist k', ['keys']],
  ['cambist keys ', ['generate', 'list', 'rotate']],
  ['cambist help ke', ['keys']],
  ['cambist audit ', ['verify']],
  ['cambist bootstrap git', ['github', 'gitlab']],
  ['cambist --url http://a.example keys r', ['rotate']],
  ['cambist --json --organisation=a keys r', ['rotate']],
  ['cambist keys rotate --m', ['--mode']],
  ['cambist keys rotate --mode ', ['emergency', 'graceful']],
  ['cambist keys rotate --mode=em', ['emergency']],
  ['cambist keys rotate --mode graceful --mo', ['--mode']],
  ['cambist token -o git', ['git-credential', 'github-env']],
  ['cambist token --source git', ['github', 'gitlab']],
  ['cambist providers create --preset git', ['github', 'gitlab']],
  ['cambist --deployment ', ['here', 'there']],
  ['cambist deployments use t', ['there']],
  ['cambist service-accounts show d', ['deployer']],
  ['cambist token --service-account ', ['deployer', 'sa_01h45ytscbebyvny4gc8cr8ma3']],
  ['cambist token --service-account sa_', ['sa_01h45ytscbebyvny4gc8cr8ma2', 'sa_01h45ytscbebyvny4gc8cr8ma3']],
  ['cambist token --service-account=dep', ['deployer']],
  ['cambist --organisation acme roles bind x --service-account d', ['deployer']],
  ['cambist --deployment there token --service-account d', []],
  ['cambist token --lifetime 9', []],
];

describe.each(Object.keys(SHELLS) as Shell[])('%s', (shell) => {
  const isHere = spawnSync(shell, ['--version']).status === 0;

  it.skipIf(!isHere)(`offers what there is${isHere ? '' : ` (left out: ${shell} is not installed)`}`, async () => {
    const found = await offered(
      shell,
      CASES.map(([line]) => line),
    );
    expect(CASES.map(([line], index) => [line, found[index]])).toEqual(CASES);
    expect(asked).toContain('/v1/service-accounts?limit=1000 acme');
    // A name that others chose is data in every shell.
    expect(existsSync(pwned)).toBe(false);
  });

  it.skipIf(!isHere)('completes files, and behind the two dashes of exec another command', async () => {
    writeFileSync(join(directory, 'work/only-one-file.yaml'), '');
    const found = await offered(shell, ['cambist apply -f only', 'cambist exec -- cat only', 'cambist exec -- camb']);
    expect(found).toEqual([['only-one-file.yaml'], ['only-one-file.yaml'], ['cambist']]);
  });
});

it('has every command and option that the help has (bash)', async () => {
  const commands = await completedCommands();
  const script = `source ${directory}/script.bash
    while IFS= read -r at; do
      _cambist_describe "$at"
      printf '%s|' "$at" "\${cambist_commands[@]%%:*}" "\${cambist_options[@]%%:*}"
      echo
    done`;
  const { stdout } = spawnSync('bash', ['-c', script], {
    input: commands.map(({ path }) => `${path}\n`).join(''),
    encoding: 'utf8',
  });
  const shared = ['--url', '--deployment', '--token-file', '--organisation', '--json', '-h', '--help'];
  expect(
    stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('|').slice(0, -1).toSorted()),
  ).toEqual(
    commands.map(({ path, commands: below, options }) =>
      [path, ...below.map(([name]) => name), ...options.flatMap(({ names }) => names), ...shared].toSorted(),
    ),
  );
});
