// The configuration files of tools with a token in them, and how a file is recognised that the agent wrote; pure text.

import type { OutputType } from './output-members.ts';
import type { WantedOutput } from './read-outputs.ts';

const MARK = '# Written by `cambist agent`, which replaces it as a whole.\n';
/** The first line of a credentials file of AWS. */
export const AWS_MARK = MARK;
const USER = 'cambist';

/** A config.json of docker with one entry for each registry. */
export function dockerConfig(registries: readonly string[], token: string): string {
  const auth = Buffer.from(`${USER}:${token}`).toString('base64');
  const auths = Object.fromEntries(registries.map((registry) => [registry, { auth }]));
  return `${JSON.stringify({ auths }, null, 2)}\n`;
}

/** What Google's libraries read from GOOGLE_APPLICATION_CREDENTIALS (AIP-4117); the token is in a file of its own. */
export function externalAccount(audience: string, tokenFile: string, account: string | undefined): string {
  const impersonation =
    account === undefined
      ? {}
      : {
          service_account_impersonation_url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${account}:generateAccessToken`,
        };
  return `${JSON.stringify(
    {
      type: 'external_account',
      audience,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: 'https://sts.googleapis.com/v1/token',
      credential_source: { file: tokenFile, format: { type: 'text' } },
      ...impersonation,
    },
    null,
    2,
  )}\n`;
}

/** A kubeconfig in JSON, which is YAML: the user with the token, and the cluster if its server is known. */
export function kubeconfig(
  { server, certificateAuthority, namespace }: Pick<WantedOutput, 'server' | 'certificateAuthority' | 'namespace'>,
  token: string,
  tokenFile: string,
): string {
  // Programs that run for long read the file again; those that know no tokenFile take the token.
  const users = [{ name: USER, user: { token, tokenFile } }];
  const cluster =
    server === undefined
      ? {}
      : {
          clusters: [
            {
              name: USER,
              cluster: {
                server,
                ...(certificateAuthority === undefined ? {} : { 'certificate-authority': certificateAuthority }),
              },
            },
          ],
          contexts: [
            {
              name: USER,
              context: { cluster: USER, user: USER, ...(namespace === undefined ? {} : { namespace }) },
            },
          ],
          'current-context': USER,
        };
  return `${MARK}${JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...cluster, users }, null, 2)}\n`;
}

/** Whether people keep settings of their own in such a file. */
export function mayBeSomebodys(type: OutputType): boolean {
  return type === 'aws' || type === 'kubeconfig' || type === 'docker-config';
}

/** Whether replacing such a file with this text loses nothing that somebody else put into it. */
export function isReplaceable(type: OutputType, before: string): boolean {
  if (before.trim() === '') return true;
  if (type !== 'docker-config') return before.startsWith(MARK);
  try {
    const { auths, ...others } = JSON.parse(before) as Record<string, unknown>;
    if (Object.keys(others).length > 0 || typeof auths !== 'object' || auths === null) return false;
    const start = Buffer.from(`${USER}:`).toString('base64').slice(0, 8);
    return Object.values(auths).every((one: { readonly auth?: unknown } | null) => String(one?.auth).startsWith(start));
  } catch {
    return false;
  }
}
