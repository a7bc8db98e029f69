// The blocks of the guide "Use it from CI" and of the Action's README, run as their platforms run them: the API gets the token.

import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { BY_HAND, generatedPages } from '../../scripts/generate-ci-pages.ts';
import { EVERY_SOURCE } from '../../src/platforms/every-source.ts';
import { startJob } from '../action/runner-imitation.ts';
import { imitate, token } from '../cli/sources/imitation.ts';
import type { Imitation } from '../cli/sources/imitation.ts';
import { PLATFORMS } from './pipelines.ts';
import type { Values } from './pipelines.ts';

const ID_TOKEN = token({ sub: 'repo:acme/app:ref:refs/heads/main' });
const ACCESS_TOKEN = token({ aud: 'https://api.example.com' });
const ACCOUNT = 'sa_01h45ytscbebyvny4gc8cr8ma2';

let server: Imitation;
beforeAll(async () => {
  const grant = {
    value: ID_TOKEN,
    access_token: ACCESS_TOKEN,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 3600,
  };
  server = await imitate((_, response) => response.end(JSON.stringify(grant)));
});
afterAll(async () => await server.close());

let received = 0;
beforeEach(() => {
  received = server.received.length;
});

/** The first block of a document after a heading, with this machine's addresses. */
function blockOf(file: string, heading: string): unknown {
  const [, block = ''] =
    /```yaml\n([\s\S]*?)```/.exec(`\n${readFileSync(file, 'utf8')}`.split(`\n${heading}\n`)[1] ?? '') ?? [];
  return parse(
    block
      .replaceAll('https://cambist.example.com', server.origin)
      .replaceAll('https://api.example.com/', `${server.origin}/api`),
  );
}

/** The deployment was asked for the account of the guide, and the API got what it gave. */
function expectUsed(): void {
  const since = server.received.slice(received);
  const asked = since.find(({ url }) => url === '/oidc/token');
  expect(new URLSearchParams(asked?.body).get('service_account_id')).toBe(ACCOUNT);
  expect(since.find(({ url }) => url === '/api')?.headers.authorization).toBe(`Bearer ${ACCESS_TOKEN}`);
}

async function runAs(name: string, inputs: Values, script: string): Promise<void> {
  const platform = PLATFORMS.find((one) => one.name === name);
  const end = await platform?.run(inputs, script, ID_TOKEN);
  expect(end).toMatchObject({ code: 0, stderr: '' });
  expectUsed();
}

describe('the guide', () => {
  const pageOf = (name: string): string => `docs/guides/ci/${name}.md`;

  it.each([
    [pageOf('github'), '# Use it from GitHub Actions'],
    ['action/README.md', '# Cambist token, a GitHub Action'],
  ])('runs on GitHub (%s)', async (file, heading) => {
    interface Workflow {
      readonly permissions: Values;
      readonly jobs: Readonly<
        Record<
          string,
          {
            readonly steps: readonly {
              readonly uses?: string;
              readonly with?: Values;
              readonly run?: string;
              readonly env?: Values;
            }[];
          }
        >
      >;
    }
    const { permissions, jobs } = blockOf(file, heading) as Workflow;
    expect(permissions['id-token']).toBe('write');
    const [first, second] = jobs['deploy']?.steps ?? [];
    expect(first?.uses).toBe('OWNER/REPO/action@COMMIT');
    const job = startJob({
      ACTIONS_ID_TOKEN_REQUEST_URL: `${server.origin}/id?v=2`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x',
    });
    const { outputs } = await job.main(first?.with ?? {});
    job.end();
    expect(second?.env).toEqual({ TOKEN: '${{ steps.cambist.outputs.token }}' });
    const env = { ...process.env, TOKEN: outputs['token'] };
    const child = spawn('bash', ['-e', '-c', second?.run ?? ''], { env, stdio: 'ignore' });
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
    expectUsed();
  });

  it('runs on GitLab', async () => {
    interface Pipeline {
      readonly include: readonly { readonly inputs: Values }[];
      readonly deploy: { readonly extends: string; readonly script: readonly string[] };
    }
    const { include, deploy } = blockOf(pageOf('gitlab'), '# Use it from GitLab CI') as Pipeline;
    expect(deploy.extends).toBe('.cambist');
    await runAs('GitLab', include[0]?.inputs ?? {}, deploy.script.join('\n'));
  });

  it('runs on CircleCI', async () => {
    interface Config {
      readonly jobs: { readonly deploy: { readonly steps: readonly Readonly<Record<string, Values>>[] } };
    }
    const { jobs } = blockOf(pageOf('circleci'), '# Use it from CircleCI') as Config;
    const { command = '', ...inputs } = jobs.deploy.steps[0]?.['cambist/run'] ?? {};
    expect(command).toContain('curl');
    await runAs('CircleCI', inputs, command);
  });

  it('runs on Buildkite', async () => {
    interface Pipeline {
      readonly steps: readonly {
        readonly command: string;
        readonly plugins: readonly Readonly<Record<string, Values>>[];
      }[];
    }
    const { steps } = blockOf(pageOf('buildkite'), '# Use it from Buildkite') as Pipeline;
    const [[plugin, inputs] = []] = Object.entries(steps[0]?.plugins[0] ?? {});
    expect(plugin).toMatch(/\/cambist-buildkite-plugin\.git#COMMIT$/);
    // `pipeline upload` reads one dollar sign itself.
    await runAs('Buildkite', inputs ?? {}, (steps[0]?.command ?? '').replaceAll('$$', '$'));
  });

  it('runs on Bitbucket', async () => {
    interface Step {
      readonly oidc: { readonly audiences: readonly string[] };
      readonly script: readonly [{ readonly pipe: string; readonly variables: Values }, ...(readonly string[])];
    }
    const { pipelines } = blockOf(pageOf('bitbucket'), '# Use it from Bitbucket Pipelines') as {
      pipelines: { default: readonly { step: Step }[] };
    };
    const step = pipelines.default[0]?.step;
    expect(step?.oidc.audiences).toEqual([server.origin]);
    const [pipe, ...script] = step?.script ?? [];
    await runAs('Bitbucket', pipe?.variables ?? {}, script.join('\n'));
  });
});

describe('the pages of platforms whose jobs need the command line alone', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cambist-pages-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  beforeAll(() => {
    mkdirSync(join(directory, 'bin'));
    program('bin/cambist', `exec '${process.execPath}' '${process.cwd()}/src/cli/run-in-clone.mjs' "$@"`);
    program(
      'deploy.sh',
      `printf 'authorization: Bearer %s' "$CAMBIST_TOKEN" | curl --fail --silent --header @- '${server.origin}/api'`,
    );
  });

  function program(name: string, line: string): void {
    writeFileSync(join(directory, name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(directory, name), 0o755);
  }

  const pages = [...generatedPages()];
  const blocksOf = (text: string): readonly string[] =>
    [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  const everywhere = blocksOf(pages[0]?.[1] ?? '');

  it('are all there, and have the same blocks', () => {
    const found = Object.keys(EVERY_SOURCE).filter((preset) => !BY_HAND.some((name) => name === preset));
    expect(pages.map(([preset]) => preset)).toEqual(found);
    expect(everywhere).toHaveLength(2);
    for (const [, text] of pages) expect(blocksOf(text)).toEqual(everywhere);
  });

  /** Where the token is in a variable; the endpoints of the others are tried in test/cli/sources. */
  const variables = pages.flatMap(([preset]) =>
    (EVERY_SOURCE[preset]?.origins ?? []).flatMap(({ origin }) =>
      origin.from === 'variable' ? [origin.variable] : [],
    ),
  );

  it.each([...variables, 'CAMBIST_ID_TOKEN'])('run with the ID token in %s', async (variable) => {
    for (const block of everywhere) {
      received = server.received.length;
      const script = block
        .replaceAll('https://cambist.example.com', server.origin)
        .replaceAll('https://api.example.com/', `${server.origin}/api`);
      const PATH = `${directory}/bin:${process.env['PATH'] ?? ''}`;
      const env = { PATH, [variable]: ID_TOKEN } as unknown as NodeJS.ProcessEnv;
      const child = spawn('sh', ['-e', '-c', script], { cwd: directory, env, stdio: 'ignore' });
      expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
      expectUsed();
    }
  });
});
