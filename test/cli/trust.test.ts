// What `cambist trust` prints: the whole text for each cloud and format, with exact subject, audience and issuer.

import { execFileSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { quoteHcl, quoteShell } from '../../src/cli/trust/trust.ts';
import { runHere } from './cli-run.ts';
import type { CliRun } from './support/cli.ts';
import { cambist } from './support/cli.ts';

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

/** The lines of the block that pipelines run, alone. */
function pipelineOf(text: string): string {
  return text.slice(text.indexOf('# In the pipeline'));
}

describe('the block of the pipeline is complete by itself', () => {
  const run = (text: string, env: Record<string, string> = {}): string => {
    const shell = `cambist() { :; }\n${pipelineOf(text)}\nprintf '%s' "\${AWS_ROLE_ARN-}\${AZURE_TENANT_ID-}"`;
    return execFileSync('sh', ['-eu'], {
      input: shell,
      encoding: 'utf8',
      env: env as NodeJS.ProcessEnv,
      stdio: 'pipe',
    });
  };

  it('with the account of AWS, and without one names what is missing', async () => {
    const arn = 'arn:aws:iam::123456789012:role/cambist';
    expect(run(await trust('aws', '--account', '123456789012'))).toBe(arn);
    const open = await trust('aws');
    expect(run(open, { AWS_ACCOUNT_ID: '123456789012' })).toBe(arn);
    expect(() => run(open)).toThrow('AWS_ACCOUNT_ID: is the number of the AWS account');
  });

  it('with the tenant of Azure, and without one names what is missing', async () => {
    const tenant = '3f2504e0-4f89-41d3-9a0c-0305e82c3302';
    expect(run(await trust('azure', ...AZURE, '--tenant', tenant))).toBe(tenant);
    const open = await trust('azure', ...AZURE);
    expect(run(open, { AZURE_TENANT_ID: tenant })).toBe(tenant);
    expect(() => run(open)).toThrow('AZURE_TENANT_ID: is the id of the tenant');
  });

  it('and hands no token of Vault to the script', async () => {
    expect(pipelineOf(await trust('vault', ...VAULT))).toContain('unset VAULT_JWT; exec ./deploy.sh');
  });
});

describe('the audience that the rules of the account must allow', () => {
  const rules = async (tokenAudiences: readonly string[] | number, ...more: string[]): Promise<CliRun> =>
    await cambist(['trust', 'aws', ...BASE, ...more], {
      env: { CAMBIST_TOKEN: 'a-token' },
      elsewhere: () =>
        typeof tokenAudiences === 'number'
          ? Response.json({ detail: 'no' }, { status: tokenAudiences })
          : Response.json([{ identity: 'fid_01h45ytscbebyvny4gc8cr8ma2', name: 'main', tokenAudiences }]),
    });
  const update =
    'cambist identities update fid_01h45ytscbebyvny4gc8cr8ma2 --url https://tokens.example.com --token-audiences';

  it('is a command that keeps those there are, if it is missing', async () => {
    expect((await rules(['https://api.acme.example'])).stdout).toContain(
      `tokens for this audience\n${update} https://api.acme.example,sts.amazonaws.com\n\n# Once`,
    );
    expect((await rules([])).stdout).toContain(`${update} https://tokens.example.com,sts.amazonaws.com\n`);
  });

  it('is not mentioned if they allow it', async () => {
    const { stdout, stderr } = await rules(['https://api.acme.example', 'sts.amazonaws.com']);
    expect([stdout.startsWith('# Once in each AWS account'), stderr]).toEqual([true, '']);
  });

  it('is explained if nobody may look', async () => {
    expect((await rules(403)).stdout).toMatch(/^# First, the rules of the account must allow this audience/);
    expect((await rules(403)).code).toBe(0);
  });

  it('is a warning beside JSON and Terraform, which stay whole', async () => {
    for (const format of [
      ['--json', '--account', '123456789012'],
      ['--format', 'hcl'],
    ]) {
      const { code, stdout, stderr } = await rules([], ...format);
      expect([code, stderr]).toEqual([0, expect.stringContaining('do not allow the audience sts.amazonaws.com yet')]);
      expect(stdout).not.toContain('cambist identities');
    }
  });
});

it.each([
  ['https://localhost:47303', 'is on this machine'],
  ['http://127.0.0.1:8787', 'is on this machine'],
  ['https://[::1]', 'is on this machine'],
  ['https://tokens.corp.internal', 'is in a private network'],
  ['https://192.168.1.7', 'is in a private network'],
  ['https://tokens.example.com:8443', 'AWS accepts no issuer with a port'],
])('warns of an issuer that AWS cannot use: %s', async (url, warning) => {
  const { code, stderr } = await runHere(['trust', 'aws', '--url', url, '--service-account', ACCOUNT]);
  expect([code, stderr]).toEqual([0, expect.stringContaining(warning)]);
});

it('asks which account if none is named', async () => {
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
});
