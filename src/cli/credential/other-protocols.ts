// The answers that AWS, Google Cloud, the kubelet and Terraform read from a credential helper; pure text, gets no token.

import type { RoleKeys } from '../../platforms/aws/assume-role.ts';
import type { ExchangedToken } from '../../sdk/client/index.ts';
import { usageFailure } from '../failure.ts';
import type { CliFailure } from '../failure.ts';
import { isCompactJwt } from '../sources/jwt.ts';
import { KUBELET_MARGIN_SECONDS, MAX_KUBELET_REQUEST_CHARS } from './limits.ts';

/** What AWS's tools read from a `credential_process` (Version 1). */
export function formatAwsProcess({ accessKeyId, secretAccessKey, sessionToken, expiresAt }: RoleKeys): string {
  return `${JSON.stringify({
    Version: 1,
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: expiresAt,
  })}\n`;
}

/** What Google's libraries read from an executable of an `external_account` (AIP-4117). */
export function formatGoogle(token: ExchangedToken, tokenType: string): string {
  return `${JSON.stringify({
    version: 1,
    success: true,
    token_type: tokenType,
    id_token: token.accessToken,
    expiration_time: Math.floor(token.expiresAt.getTime() / 1000),
  })}\n`;
}

/** A failure as Google's libraries show it: code and message, on stdout. */
export function formatGoogleFailure({ message, details }: CliFailure): string {
  return `${JSON.stringify({ version: 1, success: false, code: details.code, message: withNext(message, details.next) })}\n`;
}

/** A failure as docker shows it: one text on stdout. */
export function formatDockerFailure({ message, details }: CliFailure): string {
  return `${withNext(message, details.next)}\n`;
}

function withNext(message: string, next: string | undefined): string {
  return next === undefined ? message : `${message} ${next.replaceAll(/\s*\n\s*/g, ' ')}`;
}

/** What the kubelet asks for. */
export interface KubeletRequest {
  readonly registry: string;
  /** The token of the pod's service account, if the kubelet's configuration has `tokenAttributes`. */
  readonly serviceAccountToken: string | undefined;
}

const KUBELET_API = 'credentialprovider.kubelet.k8s.io/v1';

/** Reads a CredentialProviderRequest. Throws a usage failure for anything else, which it does not quote: it may hold a token. */
export function readKubeletRequest(text: string): KubeletRequest {
  const failure = usageFailure(
    `The standard input is not a CredentialProviderRequest of ${KUBELET_API}.`,
    'The kubelet writes one; the configuration of the provider must have this apiVersion.',
  );
  if (text.length > MAX_KUBELET_REQUEST_CHARS) throw failure;
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    throw failure;
  }
  if (typeof request !== 'object' || request === null) throw failure;
  const { apiVersion, kind, image, serviceAccountToken } = request as Readonly<Record<string, unknown>>;
  if (apiVersion !== KUBELET_API || kind !== 'CredentialProviderRequest') throw failure;
  if (typeof image !== 'string' || image === '') throw failure;
  if (serviceAccountToken !== undefined && typeof serviceAccountToken !== 'string') throw failure;
  if (serviceAccountToken && !isCompactJwt(serviceAccountToken)) throw failure;
  return { registry: registryOf(image), serviceAccountToken: serviceAccountToken || undefined };
}

/** The registry in the name of an image; one without a registry is on Docker Hub. */
function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return isHost ? first.toLowerCase() : 'docker.io';
}

/** The answer to the kubelet: no credentials if there is no token, else one for this registry alone. */
export function formatKubelet(
  registry: string,
  given: { readonly token: ExchangedToken; readonly username: string } | null,
): string {
  const seconds = given === null ? 0 : Math.max(0, given.token.expiresIn - KUBELET_MARGIN_SECONDS);
  return `${JSON.stringify({
    apiVersion: KUBELET_API,
    kind: 'CredentialProviderResponse',
    cacheKeyType: 'Registry',
    cacheDuration: `${seconds}s`,
    auth: given === null ? {} : { [registry]: { username: given.username, password: given.token.accessToken } },
  })}\n`;
}

/** What Terraform reads after `get`; an empty object if there is nothing for this host. */
export function formatTerraform(token: ExchangedToken | null): string {
  return `${JSON.stringify(token === null ? {} : { token: token.accessToken })}\n`;
}
