// What is said if nothing answers at the address of the deployment: which address, why, and what to check; by each command that asks it.

import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { shownFailure } from '../../src/action/failure.ts';
import { getCredentials } from '../../src/action/get-credentials.ts';
import { runnerOf } from '../../src/action/runner.ts';
import { connectionTrouble } from '../../src/cli/connection-trouble.ts';
import { sender } from '../../src/cli/send.ts';
import { canMakeCertificates, startProxy } from '../action/proxy-imitation.ts';
import { runHere } from './cli-run.ts';
import { answering, imitate, token } from './sources/imitation.ts';

type Variables = Readonly<Record<string, string>>;

const HTTPS = 'https://cambist.example.com';
/** An address where nothing listens. */
let silent = '';

beforeAll(async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  silent = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise((resolve) => server.close(resolve));
});

async function stderrOf(args: readonly string[], env: Variables): Promise<string> {
  const variables = { CAMBIST_ID_TOKEN: token(), CAMBIST_TOKEN: 'root', PATH: process.env['PATH'] ?? '', ...env };
  const { code, stdout, stderr } = await runHere(args, variables, { fetch: sender(variables) });
  expect(code).toBe(1);
  return stdout + stderr;
}

it('names the address, the reason and what to check, whichever command asks', async () => {
  const commands = [['me'], ['explain', '--request-id', 'a'], ['token'], ['exec', '--', 'true'], ['doctor']];
  const agent = ['agent', '--once', '--output', 'token=/nonexistent/x'];
  const said = await Promise.all(
    [...commands, agent].map(async (args) => await stderrOf(args, { CAMBIST_URL: silent })),
  );
  for (const text of said) {
    expect(text).toContain('nothing listens there (ECONNREFUSED)');
    expect(text).toContain(`The address is ${silent}, from --url, --deployment or CAMBIST_URL.`);
    expect(text).toContain('Check the host and the port, and whether the deployment runs.');
  }
  expect(said[0]).toContain(`✖ ${silent} cannot be reached: nothing listens there`);
  expect(said[2]).toContain(`✖ No token: no connection to ${silent}: nothing listens there`);
}, 30_000);

it('names them in a step of GitHub Actions too', async () => {
  const platform = await imitate(answering({ value: token() }));
  const variables = {
    INPUT_URL: silent,
    ACTIONS_ID_TOKEN_REQUEST_URL: `${platform.origin}/?a=b`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner',
    GITHUB_STATE: '/dev/null',
    GITHUB_OUTPUT: '/dev/null',
  };
  const shown = await getCredentials(
    runnerOf(variables, () => undefined),
    variables,
  ).then(() => null, shownFailure);
  expect(shown?.text).toContain(`no connection to ${silent}: nothing listens there (ECONNREFUSED).`);
  expect(shown?.text).toContain(`The address is ${silent}, from the input \`url\`.`);
  expect(shown?.summary).toContain('Check the host and the port');
  await platform.close();
}, 30_000);

it('names a proxy that cannot be used, at once and without its password', async () => {
  for (const args of [['me'], ['token'], ['doctor']]) {
    const text = await stderrOf(args, { CAMBIST_URL: HTTPS, HTTPS_PROXY: 'socks5://me:secret@127.0.0.1:1' });
    expect(text).toContain('HTTPS_PROXY is not the address of an http proxy.');
    expect(text).not.toContain('secret');
  }
});

describe.skipIf(!canMakeCertificates)('behind a proxy', () => {
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  beforeAll(async () => {
    proxy = await startProxy({ 'cambist.example.com': silent });
  });
  afterAll(async () => await proxy.close());

  it('says that a certificate is not known, and that the proxy refused', async () => {
    const env = { CAMBIST_URL: HTTPS, HTTPS_PROXY: proxy.url };
    const wrong = { ...env, HTTPS_PROXY: proxy.url.replace('pw', 'wrong') };
    const [unknown, refused] = await Promise.all([stderrOf(['doctor'], env), stderrOf(['doctor'], wrong)]);
    expect(unknown).toContain('from an authority that is not known here (DEPTH_ZERO_SELF_SIGNED_CERT)');
    expect(unknown).toContain('NODE_EXTRA_CA_CERTS=/path/to/ca.pem');
    expect(refused).toContain('the proxy made no connection (ERR_PROXY_TUNNEL)');
    for (const text of [unknown, refused]) {
      expect(text).toContain(`HTTPS_PROXY names the proxy ${proxy.url.replace('me:pw@', '')}, and NO_PROXY`);
      expect(text).not.toMatch(/me:(?:pw|wrong)/);
    }
  });
});

it.each([
  ['ENOTFOUND', 'its name is not known here'],
  ['EAI_AGAIN', 'its name is not known here'],
  ['ECONNRESET', 'the connection was broken off'],
  ['EHOSTUNREACH', 'no way leads there'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another name'],
  ['CERT_HAS_EXPIRED', 'its certificate is not valid at this time'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate comes from an authority that is not known here'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'what answers there does not speak TLS as expected'],
  ['HPE_INVALID_CONSTANT', 'what answers there does not speak HTTP'],
])('has words for %s', (code, words) => {
  const { reason, next } = connectionTrouble(HTTPS, code, '--url', {});
  expect(reason).toBe(`${words} (${code})`);
  expect(next).toContain('Behind a proxy, name it in HTTPS_PROXY.');
});

it('shows a code that it has no words for, and none where there is none', () => {
  expect(connectionTrouble(HTTPS, 'EODD', '--url', {}).reason).toBe('EODD');
  expect(connectionTrouble(HTTPS, null, '--url', {}).reason).toBe('for an unknown reason');
});
