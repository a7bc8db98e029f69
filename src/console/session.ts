// What a session of the console is and how a browser keeps it: sealed, at most an hour, never longer than what it rests on.

import { isSameDigest } from '../token/digest.ts';
import { isJsonObject } from '../token/json.ts';
import { MAX_COOKIE_BYTES } from './limits.ts';

/** Only this origin can set it, over https, and nothing in the page can read it (RFC 6265bis §4.1.3.2). */
const COOKIE = '__Host-cambist-console';

/** What a session's authority is. The root token itself is not in it: a mark of it is compared with today's. */
export type RestsOn =
  | { readonly kind: 'root'; readonly mark: string }
  | {
      readonly kind: 'token';
      readonly token: string;
      /** Who signed in through Cloudflare Access; null if a token was pasted. */
      readonly person: string | null;
    };

export interface Session {
  /** Random; what is revoked when somebody signs out. */
  readonly id: string;
  /** Epoch seconds. */
  readonly expiresAt: number;
  /** Id or slug of the organisation that is shown; only root can choose another one. */
  readonly organisation: string;
  readonly restsOn: RestsOn;
  /** Of the assertion of Cloudflare Access that it began with: a request with another person's ends it. Null if a token was pasted. */
  readonly assertionSubject: string | null;
}

/** What seals and marks (signing/session-seal.ts). */
export interface Seal {
  readonly seal: (text: string) => Promise<string>;
  readonly open: (sealed: string) => Promise<string | null>;
  readonly mark: (text: string) => Promise<string>;
}

/** The `set-cookie` of a session; null if what it rests on is too long for a browser to keep. */
export async function sessionCookie(session: Session, seal: Seal, now: number): Promise<string | null> {
  const cookie = cookieOf(await seal.seal(JSON.stringify(session)), Math.max(0, session.expiresAt - now));
  return cookie.length > MAX_COOKIE_BYTES ? null : cookie;
}

/** The `set-cookie` that makes a browser forget its session. */
export const NO_SESSION_COOKIE: string = cookieOf('', 0);

/** The session that a request brings; null if it brings none that this deployment sealed and that is not over. */
export async function readSession(request: Request, seal: Seal, now: number): Promise<Session | null> {
  const [value, ...others] = cookiesOf(request);
  if (value === undefined || others.length > 0) return null;
  const text = await seal.open(value);
  const session: unknown = text === null ? null : JSON.parse(text);
  return isSession(session) && session.expiresAt > now ? session : null;
}

/** True if the request brings a cookie of this name, good or not. */
export function bringsSession(request: Request): boolean {
  return cookiesOf(request).length > 0;
}

/** The mark of the root token: it stands for it in a session, and changes with it. */
export async function markRootToken(token: string, seal: Seal): Promise<string> {
  return seal.mark(`root token ${token}`);
}

/** Whether the mark in a session is that of today's root token. */
export async function isTodaysRoot(mark: string, adminToken: string | null, seal: Seal): Promise<boolean> {
  return adminToken !== null && isSameDigest(mark, await markRootToken(adminToken, seal));
}

function cookieOf(value: string, seconds: number): string {
  return `${COOKIE}=${value}; Path=/; Max-Age=${seconds}; Secure; HttpOnly; SameSite=Strict`;
}

function cookiesOf(request: Request): string[] {
  return (request.headers.get('cookie') ?? '').split(';').flatMap((pair) => {
    const [name, ...value] = pair.trim().split('=');
    return name === COOKIE && value.join('=') !== '' ? [value.join('=')] : [];
  });
}

/** What was sealed has been checked when it was sealed; an older release may have sealed another form. */
function isSession(value: unknown): value is Session {
  if (!isJsonObject(value) || !isJsonObject(value['restsOn'])) return false;
  const { id, expiresAt, organisation, assertionSubject } = value;
  const { kind, mark, token, person } = value['restsOn'];
  return (
    typeof id === 'string' &&
    typeof expiresAt === 'number' &&
    typeof organisation === 'string' &&
    (assertionSubject === null || typeof assertionSubject === 'string') &&
    (kind === 'root'
      ? typeof mark === 'string'
      : kind === 'token' && typeof token === 'string' && (person === null || typeof person === 'string'))
  );
}
