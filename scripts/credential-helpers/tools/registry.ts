// A registry that asks for a password, as Basic or for its own token service; docker and the kubelet pull from it.

import { createHash } from 'node:crypto';

import type { Deployment } from '../deployment.ts';
import type { Host, Question, Reply } from '../network.ts';

const ORIGIN = 'https://registry.example.com';
const PULL_TOKEN = 'pull-token-of-the-registry';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';

/** How the registry asks who is there: with Basic, or with Bearer and a token service. */
export type Challenge = 'Basic' | 'Bearer';

/** Answers `/v2/` and the token service; an image is there for whom the deployment knows. */
export function registryHost(deployment: Deployment, challenge: () => Challenge): Host {
  const knows = async (question: Question): Promise<boolean> => {
    const token = passwordOf(question);
    if (token === null) return false;
    await deployment.verify(token, deployment.url);
    return true;
  };
  return async (question): Promise<Reply> => {
    if (question.path === '/token')
      return (await knows(question)) ? { body: { token: PULL_TOKEN, expires_in: 300 } } : { status: 401 };
    const isKnown =
      challenge() === 'Basic' ? await knows(question) : question.headers.authorization === `Bearer ${PULL_TOKEN}`;
    if (!isKnown) return { status: 401, headers: { 'www-authenticate': asking(challenge()) }, body: { errors: [] } };
    return pullAnswer(question.path);
  };
}

function asking(challenge: Challenge): string {
  return challenge === 'Basic'
    ? 'Basic realm="registry"'
    : `Bearer realm="${ORIGIN}/token",service="registry.example.com"`;
}

function passwordOf({ headers }: Question): string | null {
  const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1];
  if (basic === undefined) return null;
  const [, password] = /^cambist:(.+)$/.exec(Buffer.from(basic, 'base64').toString()) ?? [];
  return password ?? null;
}

function pullAnswer(path: string): Reply {
  if (path === '/v2/') return { headers: { 'docker-distribution-api-version': 'registry/2.0' }, body: {} };
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } });
  if (path.startsWith('/v2/app/blobs/')) return { body: config };
  if (!path.startsWith('/v2/app/manifests/')) return { status: 404, body: { errors: [] } };
  const described = { mediaType: CONFIG, digest: digestOf(config), size: config.length };
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config: described, layers: [] });
  return {
    headers: { 'content-type': MANIFEST, 'docker-content-digest': digestOf(manifest) },
    body: manifest,
  };
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
