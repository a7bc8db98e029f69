// What `cambist trust` prints: the whole text for each cloud and format, with exact subject, audience and issuer.

import { execFileSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { quoteHcl, quoteShell, subjectOf } from '../../src/cli/trust/trust.ts';
import { runHere } from './cli-run.ts';

const ACCOUNT = 'sa_01h45ytscbebyvny4gc8cr8ma2';
const BASE = ['--url', 'https://tokens.example.com', '--service-account', ACCOUNT];
const GCP = ['--gcp-project', 'acme-prod', '--gcp-project-number', '123456789012'];
const AZURE = ['--application', '3f2504e0-4f89-41d3-9a0c-0305e82c3301'];
const VAULT = ['--vault-address', 'https://vault.example.com'];

async function trust(cloud: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(['trust', cloud, ...BASE, ...args]);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

const clouds: readonly [cloud: string, args: readonly string[]][] = [
  ['aws', ['--account', '123456789012', '--role', 'deploy']],
  ['gcp', [...GCP, '--gcp-service-account', 'deploy@acme-prod.iam.gserviceaccount.com']],
  ['azure', AZURE],
  ['vault', [...VAULT, '--policies', 'deploy,read']],
  ['kubernetes', ['--cluster-role', 'edit', '--namespace', 'payments']],
];

describe.each(clouds)('%s', (cloud, args) => {
  it.each(['commands', 'json', 'hcl'])('prints %s', async (format) => {
    expect(await trust(cloud, ...args, '--format', format)).toMatchSnapshot();
  });

  it('names the exact subject of a project', async () => {
    for (const format of ['commands', 'json', 'hcl'])
      expect(await trust(cloud, ...args, '--format', format, '--project', 'acme/web:1')).toContain(
        `${ACCOUNT}:project:acme%2Fweb%3A1`,
      );
  });

  it('names the audience that was asked for', async () => {
    for (const format of cloud === 'kubernetes' ? ['commands', 'json'] : ['commands', 'json', 'hcl'])
      expect(await trust(cloud, ...args, '--format', format, '--audience', 'urn:acme:own')).toContain('urn:acme:own');
  });

  it('prints JSON with --json', async () => {
    expect(typeof JSON.parse(await trust(cloud, ...args, '--json'))).toBe('object');
  });

  it('prints commands that a shell can read', async () => {
    const text = await trust(
      cloud,
      ...args,
      '--project',
      `it's "$HOME" \`x\``.replaceAll(' ', '_').replaceAll("'", cloud === 'gcp' ? '' : "'"),
    );
    expect(() => execFileSync('sh', ['-n'], { input: text })).not.toThrow();
  });
});

it('reads the policy of AWS as it was meant, whatever the project holds', async () => {
  const project = `a'b"c$(d)`;
  const text = await trust('aws', '--project', project);
  const command = text.split('\n').findIndex((line) => line.startsWith('aws iam create-role'));
  const lines = text.split('\n').slice(command, text.split('\n').indexOf('', command));
  const shell = `aws() { shift 5; printf %s "$1"; }; account=123456789012\n${lines.join('\n').replace('--role-name cambist', '--role-name x')}`;
  const policy = JSON.parse(execFileSync('sh', [], { input: shell, encoding: 'utf8' })) as {
    Statement: { Condition: object; Principal: object }[];
  };
  expect(policy.Statement[0]).toMatchObject({
    Principal: { Federated: 'arn:aws:iam::123456789012:oidc-provider/tokens.example.com' },
    Condition: {
      StringEquals: {
        'tokens.example.com:aud': 'sts.amazonaws.com',
        'tokens.example.com:sub': `${ACCOUNT}:project:${project}`,
      },
    },
  });
});

it.each([
  ['aws', ['--format', 'json'], '--account'],
  ['aws', ['--account', '1'], '--account'],
  ['aws', ['--project', 'a b'], '--project'],
  ['gcp', [], '--gcp-project-number'],
  ['gcp', [...GCP, '--project', "it's"], 'quote'],
  ['gcp', [...GCP, '--project', 'p'.repeat(200)], '127'],
  ['azure', [], '--application'],
  ['azure', ['--application', 'x'], '--application'],
  ['vault', [], '--vault-address'],
  ['kubernetes', ['--audience', ''], '--audience'],
  ['aws', ['--format', 'yaml'], '--format'],
])('%s %j is refused with exit 2 and names %s', async (cloud, args, named) => {
  const { code, stdout, stderr } = await runHere(['trust', cloud, ...BASE, ...args]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(named);
});

it('asks which account where none is named', async () => {
  const { code, stderr } = await runHere(['trust', 'aws', '--url', 'https://tokens.example.com']);
  expect([code, stderr]).toEqual([2, '✖ Which service account? --service-account is missing.\n']);
});

it('warns where the issuer cannot be reached by a cloud', async () => {
  const { code, stderr } = await runHere([
    'trust',
    'aws',
    '--url',
    'http://localhost:8787',
    '--service-account',
    ACCOUNT,
  ]);
  expect(code).toBe(0);
  expect(stderr).toContain('no cloud can read its keys');
});

it('quotes for shells and for HCL', () => {
  expect(quoteShell("a'b")).toBe(`'a'\\''b'`);
  expect(quoteShell('a-b_c:d/e')).toBe('a-b_c:d/e');
  expect(quoteHcl('${a} %{b} "c"')).toBe('"$${a} %%{b} \\"c\\""');
  expect(subjectOf(ACCOUNT, undefined)).toBe(ACCOUNT);
});
