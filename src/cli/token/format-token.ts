// How a token is handed to what asks for it: shells, kubectl, docker, curl, git; pure text, writes nothing.

import type { ExchangedToken } from '../../sdk/client/index.ts';
import { CliFailure } from '../failure.ts';
import type { Wanted } from './read-wanted.ts';

const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:';

/** The token in a format that goes to stdout or a file. */
export function formatToken(
  token: ExchangedToken,
  { format, name, hosts, username }: Wanted,
  execInfo: string | undefined,
): string {
  switch (format) {
    case 'token':
      return `${token.accessToken}\n`;
    case 'file':
      return token.accessToken;
    case 'env':
      return formatEnv(token, name);
    case 'json':
      return formatJson(token);
    case 'kubernetes':
      return formatKubernetes(token, execInfo);
    case 'netrc':
      return formatNetrc(token, hosts, username);
    case 'docker':
    case 'git-credential':
    case 'github-env':
      throw new CliFailure(`${format} is answered elsewhere`, { code: 'bug' });
  }
}

/** Lines for `eval` or a dotenv file: a token has no character that a shell would read. */
function formatEnv(token: ExchangedToken, name: string): string {
  return `export ${name}=${token.accessToken}\nexport ${name}_EXPIRES_AT=${instantOf(token)}\n`;
}

/** The members of RFC 8693 §2.2.1, and when the token ends. */
function formatJson(token: ExchangedToken): string {
  return `${JSON.stringify(
    {
      access_token: token.accessToken,
      issued_token_type: TOKEN_TYPE + token.issuedTokenType,
      token_type: token.tokenType,
      expires_in: token.expiresIn,
      expires_at: instantOf(token),
      ...(token.scope.length === 0 ? {} : { scope: token.scope.join(' ') }),
    },
    null,
    2,
  )}\n`;
}

/** An ExecCredential in the version that kubectl asks for in KUBERNETES_EXEC_INFO, v1 if it asks for none. */
function formatKubernetes(token: ExchangedToken, execInfo: string | undefined): string {
  return `${JSON.stringify({
    kind: 'ExecCredential',
    apiVersion: execInfo?.includes('"client.authentication.k8s.io/v1beta1"')
      ? 'client.authentication.k8s.io/v1beta1'
      : 'client.authentication.k8s.io/v1',
    spec: { interactive: false },
    status: { expirationTimestamp: instantOf(token), token: token.accessToken },
  })}\n`;
}

/** What a docker credential helper answers to `get`. */
export function formatDocker(token: ExchangedToken, serverUrl: string, username: string): string {
  return `${JSON.stringify({ ServerURL: serverUrl, Username: username, Secret: token.accessToken })}\n`;
}

/** A netrc file with one entry for each host. */
function formatNetrc(token: ExchangedToken, hosts: readonly string[], username: string): string {
  return hosts
    .map((host) => `machine ${host.replace(/:\d+$/, '')} login ${username} password ${token.accessToken}\n`)
    .join('');
}

/** What a git credential helper answers to `get` (git-credential, "Input/Output format"). */
export function formatGitCredential(
  token: ExchangedToken,
  asked: Readonly<Record<string, string>>,
  username: string,
): string {
  return [
    `protocol=${asked['protocol']}`,
    `host=${asked['host']}`,
    `username=${username}`,
    `password=${token.accessToken}`,
    `password_expiry_utc=${Math.floor(token.expiresAt.getTime() / 1000)}`,
    '',
  ].join('\n');
}

function instantOf({ expiresAt }: ExchangedToken): string {
  // Without milliseconds, which not every reader of RFC 3339 accepts.
  return expiresAt.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
