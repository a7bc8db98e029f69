// The inputs of the step: what each means, and what is refused before anybody is asked.

import { describe, expect, it } from 'vitest';

import { readInputs } from '../../src/action/inputs.ts';

const URL_INPUT = { INPUT_URL: 'https://cambist.example.com' };
const ROLE = { 'INPUT_AWS-ROLE': 'arn:aws:iam::123456789012:role/path/deploy', 'INPUT_AWS-REGION': 'eu-central-1' };

function faultOf(variables: Readonly<Record<string, string>>): string {
  try {
    readInputs({ ...URL_INPUT, RUNNER_TEMP: '/tmp/runner', ...variables });
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

describe('an input', () => {
  it('that is empty counts as absent', () => {
    const inputs = readInputs({ ...URL_INPUT, INPUT_SCOPE: '', 'INPUT_SERVICE-ACCOUNT': ' ', INPUT_AUDIENCE: '\n' });
    expect(inputs).toMatchObject({ scope: undefined, serviceAccount: undefined, audience: [], revoke: true });
  });

  it('may name several scopes and audiences, on lines or beside each other', () => {
    const { scope, audience } = readInputs({ ...URL_INPUT, INPUT_SCOPE: 'a\n b', INPUT_AUDIENCE: 'x\ny z\n' });
    expect([scope, audience]).toEqual(['a b', ['x', 'y', 'z']]);
  });

  it('url is the audience of the ID token if nothing else is said, without a trailing slash', () => {
    expect(readInputs({ INPUT_URL: 'https://cambist.example.com/' }).oidcAudience).toBe('https://cambist.example.com');
    expect(readInputs({ ...URL_INPUT, 'INPUT_OIDC-AUDIENCE': 'api://other' }).oidcAudience).toBe('api://other');
  });

  it('credentials-file is below RUNNER_TEMP if it is relative', () => {
    const file = (path: string): string | undefined =>
      readInputs({ ...URL_INPUT, RUNNER_TEMP: '/tmp/runner', HOME: '/home/me', 'INPUT_CREDENTIALS-FILE': path })
        .credentialsFile;
    expect(file('a/b')).toBe('/tmp/runner/a/b');
    expect(file('/etc/a')).toBe('/etc/a');
    expect(file('~/.aws/credentials')).toBe('/home/me/.aws/credentials');
  });

  it('aws-region may come from the job', () => {
    const { aws } = readInputs({ ...URL_INPUT, ...ROLE, 'INPUT_AWS-REGION': '', AWS_REGION: 'us-gov-west-1' });
    expect(aws?.region).toBe('us-gov-west-1');
  });

  it.each<[Record<string, string>, string]>([
    [{ INPUT_URL: '' }, 'url is missing'],
    [{ INPUT_URL: 'cambist.example.com' }, 'url must be'],
    [{ INPUT_URL: 'http://cambist.example.com' }, 'https'],
    [{ INPUT_URL: 'https://cambist.example.com/path' }, 'without a path'],
    [{ INPUT_URL: 'https://me:pw@cambist.example.com' }, 'user name'],
    [{ INPUT_LIFETIME: '59' }, 'lifetime'],
    [{ INPUT_LIFETIME: '1 hour' }, 'lifetime'],
    [{ 'INPUT_TOKEN-TYPE': 'jwt' }, 'token-type'],
    [{ INPUT_REVOKE: 'yes' }, 'revoke'],
    [{ 'INPUT_EXPORT-ENV': 'A-B' }, 'export-env'],
    [{ 'INPUT_EXPORT-ENV': 'A\nB' }, 'export-env'],
    [{ 'INPUT_EXPORT-ENV': 'NODE_OPTIONS' }, 'export-env'],
    [{ 'INPUT_EXPORT-ENV': 'github_token' }, 'export-env'],
    [{ 'INPUT_EXPORT-ENV': 'Path' }, 'export-env'],
    [{ 'INPUT_CREDENTIALS-FILE': '../x' }, 'credentials-file'],
    [{ 'INPUT_CREDENTIALS-FILE': 'x', RUNNER_TEMP: '' }, 'credentials-file'],
    [{ ...ROLE, 'INPUT_AWS-ROLE': 'deploy' }, 'aws-role'],
    [{ ...ROLE, 'INPUT_AWS-ROLE': 'arn:aws:iam::123456789012:user/deploy' }, 'aws-role'],
    [{ ...ROLE, 'INPUT_AWS-REGION': 'evil.example.com/' }, 'aws-region'],
    [{ ...ROLE, 'INPUT_AWS-REGION': '' }, 'aws-region'],
    [{ ...ROLE, INPUT_LIFETIME: '10m' }, 'lifetime'],
    [{ ...ROLE, INPUT_LIFETIME: '13h' }, 'lifetime'],
    [{ 'INPUT_AWS-REGION': 'eu-central-1' }, 'aws-region is given without aws-role'],
  ])('%o is refused', (variables, named) => {
    expect(faultOf(variables)).toContain(named);
  });

  it.each<[Record<string, string>]>([
    [{ INPUT_LIFETIME: '60' }],
    [{ INPUT_LIFETIME: '1h30m' }],
    [{ 'INPUT_TOKEN-TYPE': 'id_token' }],
    [{ INPUT_REVOKE: 'FALSE' }],
    [{ 'INPUT_EXPORT-ENV': 'GH_TOKEN' }],
    [{ 'INPUT_EXPORT-ENV': 'PATH_TOKEN' }],
    [{ 'INPUT_CREDENTIALS-FILE': 'x/../y' }],
    [ROLE],
    [{ ...ROLE, 'INPUT_AWS-ROLE': 'arn:aws-us-gov:iam::123456789012:role/deploy', INPUT_LIFETIME: '12h' }],
    [{ ...ROLE, 'INPUT_AWS-REGION': 'ap-southeast-2' }],
  ])('%o is not', (variables) => {
    expect(faultOf(variables)).toBe('');
  });

  it('that is wrong does not hide the others', () => {
    const fault = faultOf({ INPUT_URL: 'x', INPUT_LIFETIME: '5s', INPUT_REVOKE: 'no' });
    for (const name of ['url', 'lifetime', 'revoke']) expect(fault).toContain(name);
  });
});
