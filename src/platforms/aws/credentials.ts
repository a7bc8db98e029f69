// Finds the credentials and the region of an AWS workload: variables, then the container's endpoint, then EC2 metadata.

import { PlatformFailure } from '../failure.ts';
import { EC2_SESSION_SECONDS } from '../limits.ts';
import type { ProtocolMeans } from '../source.ts';
import type { AwsKeys } from './sigv4.ts';
import { ec2MetadataHost } from './metadata-host.ts';

const TITLE = 'AWS';
/** Where the agents of ECS and EKS may listen without TLS; anything else would get a credential in the clear. */
const CLEAR_TEXT_HOSTS = ['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]', 'localhost', '127.0.0.1', '[::1]'];

/** The workload's keys. Throws a PlatformFailure if there are none. */
export async function findAwsKeys(means: ProtocolMeans): Promise<AwsKeys> {
  const { variables } = means.system;
  const [accessKeyId, secretAccessKey] = [variables['AWS_ACCESS_KEY_ID'], variables['AWS_SECRET_ACCESS_KEY']];
  if (accessKeyId && secretAccessKey)
    return { accessKeyId, secretAccessKey, sessionToken: variables['AWS_SESSION_TOKEN'] || null };
  const text =
    variables['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] || variables['AWS_CONTAINER_CREDENTIALS_FULL_URI']
      ? await fromContainer(means)
      : await fromEc2(means);
  return readKeys(text);
}

/** The region, from variables or EC2 metadata. */
export async function findAwsRegion(means: ProtocolMeans): Promise<string> {
  const { variables } = means.system;
  const region =
    variables['AWS_REGION'] || variables['AWS_DEFAULT_REGION'] || (await ec2Metadata(means, 'placement/region'));
  if (/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(region)) return region;
  throw new PlatformFailure('The AWS region is not known.', 'Set AWS_REGION.', 'source_incomplete');
}

async function fromContainer(means: ProtocolMeans): Promise<string> {
  const { variables } = means.system;
  const relative = variables['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const url = URL.parse(
    relative ? `http://169.254.170.2${relative}` : (variables['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? ''),
  );
  if (url === null || (url.protocol !== 'https:' && !CLEAR_TEXT_HOSTS.includes(url.hostname)))
    throw new PlatformFailure(
      'AWS_CONTAINER_CREDENTIALS_FULL_URI is no address that credentials may come from.',
      undefined,
      'source_incomplete',
    );
  const file = variables['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  // Read each time: EKS rotates it.
  const authorization = file
    ? (await means.system.readText(file))?.trim()
    : variables['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
  return (
    await means.ask(TITLE, {
      url: url.href,
      ...(authorization ? { headers: { authorization } } : {}),
    })
  ).text;
}

async function fromEc2(means: ProtocolMeans): Promise<string> {
  const role = (await ec2Metadata(means, 'iam/security-credentials/')).split('\n')[0]?.trim() ?? '';
  if (!/^[\w+=,.@-]{1,64}$/.test(role)) {
    throw new PlatformFailure(
      'This EC2 instance has no role.',
      'Attach an instance profile whose role may sts:GetWebIdentityToken.',
      'source_incomplete',
    );
  }
  return await ec2Metadata(means, `iam/security-credentials/${role}`);
}

/** IMDSv2: a session first, then the value. */
async function ec2Metadata(means: ProtocolMeans, path: string): Promise<string> {
  const host = ec2MetadataHost(means.system);
  const session = await means.ask(TITLE, {
    url: `${host}/latest/api/token`,
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(EC2_SESSION_SECONDS) },
  });
  const headers = { 'x-aws-ec2-metadata-token': session.text.trim() };
  return (await means.ask(TITLE, { url: `${host}/latest/meta-data/${path}`, headers })).text;
}

function readKeys(text: string): AwsKeys {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    read = null;
  }
  const { AccessKeyId, SecretAccessKey, Token } = (read ?? {}) as Record<string, unknown>;
  if (typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string')
    throw new PlatformFailure(
      'AWS gave no credentials: the answer holds no AccessKeyId.',
      undefined,
      'platform_refused',
    );
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: typeof Token === 'string' && Token !== '' ? Token : null,
  };
}
