// A whole OIDC issuer in memory: signs tokens, also bad ones, and serves its documents through `fetch`; for tests in Node and in workerd.

import { base64url, exportJWK, generateKeyPair } from 'jose';
import type { JWK } from 'jose';

const HASHES: Readonly<Record<string, string>> = { '256': 'SHA-256', '384': 'SHA-384', '512': 'SHA-512' };
const SALT_BYTES: Readonly<Record<string, number>> = { '256': 32, '384': 48, '512': 64 };

export interface IssuerKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export interface SignOptions {
  /** Added to `alg`, `kid` and `typ: JWT`, or in their place; `undefined` leaves one out. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** Signs with another key than the current one; its algorithm is used whatever the header says. */
  readonly key?: IssuerKey;
}

type Answer = (request: Request) => Response | Promise<Response>;

export interface TestIssuer {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly discoveryPath: string;
  readonly jwksPath: string;
  /** What it signs with just now. */
  readonly key: IssuerKey;
  /** The set as it is published just now. */
  readonly jwks: { readonly keys: readonly JWK[] };
  /** Requests that arrived, of one path or in all. */
  readonly requests: (path?: string) => number;
  /** Signs claims, or a payload that is taken as it is. */
  readonly sign: (claims: object | string, options?: SignOptions) => Promise<string>;
  /** Signs with a new key from now on; the old one stays published. `kid` may be the old one's, as on Jenkins. */
  readonly rotate: (options?: { readonly kid?: string; readonly alg?: string }) => Promise<void>;
  /** Publishes the current key only. */
  readonly withdraw: () => void;
  /** Publishes exactly these members. */
  readonly publish: (...keys: readonly (JWK | Record<string, unknown>)[]) => void;
  readonly goDown: (status?: number) => void;
  /** Answers nothing at all, not even an error. */
  readonly hang: () => void;
  readonly serveGarbage: () => void;
  /** Answers one path in its own way, until comeBack. */
  readonly answer: (path: string, handler: Answer) => void;
  readonly comeBack: () => void;
  /** The network as far as this issuer is on it; any other host does not exist. */
  readonly fetch: (request: Request) => Promise<Response>;
}

export interface IssuerOptions {
  readonly issuer?: string;
  readonly alg?: string;
  readonly kid?: string;
  readonly jwksPath?: string;
  readonly cacheControl?: string;
}

/** Makes a key pair as an issuer would. */
export async function createKey(alg: string, kid: string): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** Signs exactly this header and payload, whatever they say; texts are taken as they are. */
export async function signSegments(header: object | string, payload: object | string, key: IssuerKey): Promise<string> {
  const signed = `${encodeSegment(header)}.${encodeSegment(payload)}`;
  const signature = await crypto.subtle.sign(
    signingParameters(key.alg),
    key.privateKey,
    new TextEncoder().encode(signed),
  );
  return `${signed}.${base64url.encode(new Uint8Array(signature))}`;
}

/** base64url of a text, or of an object as JSON. */
export function encodeSegment(value: object | string): string {
  return base64url.encode(typeof value === 'string' ? value : JSON.stringify(value));
}

/** The WebCrypto parameters of a JWS algorithm. */
export function signingParameters(alg: string): { name: string; hash?: string; saltLength?: number } {
  const bits = alg.slice(2);
  if (alg.startsWith('ES')) return { name: 'ECDSA', hash: HASHES[bits] as string };
  if (alg.startsWith('RS')) return { name: 'RSASSA-PKCS1-v1_5' };
  if (alg.startsWith('PS')) return { name: 'RSA-PSS', saltLength: SALT_BYTES[bits] as number };
  return { name: 'Ed25519' };
}

/** Makes an issuer with one key. ES256 by default, since an RSA key takes a while to make. */
export async function createIssuer({
  issuer = 'https://issuer.example.com',
  alg = 'ES256',
  kid = 'key-1',
  jwksPath = '/keys',
  cacheControl = 'max-age=600',
}: IssuerOptions = {}): Promise<TestIssuer> {
  const base = issuer.endsWith('/') ? issuer.slice(0, -1) : issuer;
  const { origin, pathname } = new URL(base);
  const prefix = pathname === '/' ? '' : pathname;
  const discoveryPath = `${prefix}/.well-known/openid-configuration`;
  const jwksUri = `${origin}${prefix}${jwksPath}`;
  const counts = new Map<string, number>();
  const answers = new Map<string, Answer>();
  let current = await createKey(alg, kid);
  let published: JWK[] = [current.publicJwk];
  let outage: Answer | null = null;
  let rotations = 1;

  const json = (value: unknown): Response =>
    new Response(JSON.stringify(value), {
      headers: { 'content-type': 'application/json', 'cache-control': cacheControl },
    });

  return {
    issuer,
    jwksUri,
    discoveryPath,
    jwksPath: `${prefix}${jwksPath}`,
    get key(): IssuerKey {
      return current;
    },
    get jwks(): { keys: JWK[] } {
      return { keys: published };
    },
    requests(path?: string): number {
      if (path !== undefined) return counts.get(path) ?? 0;
      return [...counts.values()].reduce((sum, count) => sum + count, 0);
    },
    async sign(claims: object | string, { header = {}, key = current }: SignOptions = {}): Promise<string> {
      return signSegments({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header }, claims, key);
    },
    async rotate(options: { readonly kid?: string; readonly alg?: string } = {}): Promise<void> {
      rotations += 1;
      current = await createKey(options.alg ?? alg, options.kid ?? `key-${rotations}`);
      published = [...published.filter((jwk) => jwk.kid !== current.kid), current.publicJwk];
    },
    withdraw(): void {
      published = [current.publicJwk];
    },
    publish(...keys: readonly (JWK | Record<string, unknown>)[]): void {
      published = [...keys] as JWK[];
    },
    goDown(status = 503): void {
      outage = () => new Response('out of order', { status });
    },
    hang(): void {
      outage = () => new Promise<Response>(() => undefined);
    },
    comeBack(): void {
      outage = null;
      answers.clear();
    },
    serveGarbage(): void {
      outage = () =>
        new Response('<!doctype html><title>Sign in</title>', { headers: { 'content-type': 'text/html' } });
    },
    answer(path: string, handler: (request: Request) => Response | Promise<Response>): void {
      answers.set(path, handler);
    },
    async fetch(request: Request): Promise<Response> {
      const url = new URL(request.url);
      counts.set(url.pathname, (counts.get(url.pathname) ?? 0) + 1);
      if (url.origin !== origin) throw new TypeError(`no such host: ${url.host}`);
      // A turn of the event loop, as on a network: concurrent requests see each other.
      await new Promise<void>((resolve) => setTimeout(resolve, 1));
      const handler = answers.get(url.pathname) ?? outage;
      if (handler !== null) return handler(request);
      if (url.pathname === discoveryPath) return json({ issuer, jwks_uri: jwksUri });
      if (url.pathname === `${prefix}${jwksPath}`) return json({ keys: published });
      return new Response('not found', { status: 404 });
    },
  };
}
