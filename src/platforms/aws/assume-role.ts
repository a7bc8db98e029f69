// Exchanges an ID token of the deployment for keys of an AWS role (AssumeRoleWithWebIdentity); keeps nothing.

import { PassingTrouble, PlatformFailure, quoteComplaint } from '../failure.ts';
import type { PlatformAnswer, PlatformRequest } from '../source.ts';

/** The audience that AWS's own tools use. */
export const AWS_AUDIENCE = 'sts.amazonaws.com';

export interface RoleToAssume {
  readonly arn: string;
  /** What CloudTrail shows; see `sessionName`. */
  readonly sessionName: string;
  /** Absent: AWS's default of an hour. */
  readonly durationSeconds?: number | undefined;
}

export interface RoleKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** RFC 3339, as STS says it. */
  readonly expiresAt: string;
}

/** Codes after which the same request may succeed; STS could not fetch our keys in time, or has too much to do. */
const PASSING: ReadonlySet<string> = new Set([
  'IDPCommunicationError',
  'RequestLimitExceeded',
  'ServiceUnavailable',
  'Throttling',
  'ThrottlingException',
]);

/** The request to the endpoint. It needs no signature: the token is what proves who asks. */
export function assumeRoleRequest(stsOrigin: string, idToken: string, role: RoleToAssume): PlatformRequest {
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role.arn,
    RoleSessionName: role.sessionName,
    WebIdentityToken: idToken,
  });
  if (role.durationSeconds !== undefined) form.append('DurationSeconds', String(role.durationSeconds));
  return {
    url: `${stsOrigin}/`,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', accept: 'text/xml' },
    body: form.toString(),
  };
}

/** The keys in the answer. Throws a PlatformFailure with AWS's own reason, or PassingTrouble if trying again may help. */
export function readRoleKeys(answer: PlatformAnswer): RoleKeys {
  const { status, text } = answer;
  if (status !== 200) throw refusalOf(answer);
  const member = (name: string): string => memberOf(text, name) ?? '';
  const keys: RoleKeys = {
    accessKeyId: member('AccessKeyId'),
    secretAccessKey: member('SecretAccessKey'),
    sessionToken: member('SessionToken'),
    expiresAt: member('Expiration'),
  };
  // Lines and quotes in them would change the files that they are written to.
  const isUsable = Object.values(keys).every((value) => /^[\w+/=:.-]+$/.test(value));
  if (isUsable && !Number.isNaN(Date.parse(keys.expiresAt))) return keys;
  const message = `AWS STS answered without usable keys${inWords(text)}.`;
  throw new PlatformFailure(message, 'Check AWS_ENDPOINT_URL_STS.', 'platform_refused');
}

/** A name for the session out of any text (AWS allows 2 to 64 of `\w+=,.@-`). */
export function sessionName(text: string): string {
  return `cambist-${text.replaceAll(/[^\w+=,.@-]/g, '-')}`.slice(0, 64);
}

function refusalOf({ status, headers, text }: PlatformAnswer): Error {
  const code = memberOf(text, 'Code') ?? '';
  const said = quoteComplaint(unescapeXml(memberOf(text, 'Message') ?? ''));
  const complaint = [code === '' ? `HTTP ${status}${inWords(text)}` : quoteComplaint(code), said]
    .filter((one) => one !== '')
    .join(': ');
  if (status === 408 || status === 429 || status >= 500 || PASSING.has(code)) {
    return new PassingTrouble(complaint, headers.get('retry-after'));
  }
  return new PlatformFailure(`AWS STS refused the role: ${complaint}`, undefined, 'platform_refused');
}

/** Says what an answer is that is no answer of STS; it is not quoted, since it may hold keys. */
function inWords(text: string): string {
  if (text.trim() === '') return ': an empty answer';
  if (/^\s*<(?:!doctype html|html|head|body)/i.test(text)) return ': an HTML page';
  return /^\s*</.test(text) ? '' : ': text that is no XML';
}

function memberOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>\\s*([^<]*?)\\s*</${name}>`).exec(xml)?.[1];
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
