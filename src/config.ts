// Reads every setting of the Worker at once and names all faults; fails closed: an endpoint whose setting is at fault does not answer.

import { MIN_ADMIN_TOKEN_CHARS } from './http/limits.ts';
import { MAX_AUDIENCE_CHARS, MAX_KEY_ROTATION_DAYS, SEALING_KEY_BYTES } from './objects/limits.ts';
import { DEFAULT_AUDIT_HOT_DAYS, DEFAULT_AUDIT_RETENTION_DAYS, MAX_AUDIT_RETENTION_DAYS } from './store/limits.ts';
import { joinBundles, parseSigningKeys } from './signing/bundle.ts';
import type { BundleSecret, SigningBundle } from './signing/bundle.ts';
import type { KeySources } from './signing/own-keys.ts';

/** What the Worker is given; values are untrusted until parseConfig has read them. */
export interface Settings {
  readonly DB?: D1Database;
  readonly CACHE?: KVNamespace;
  readonly RATE_LIMITER?: RateLimit;
  readonly ARCHIVE?: R2Bucket;
  readonly ISSUER_URL?: unknown;
  readonly DEFAULT_AUDIENCE?: unknown;
  readonly SIGNING_KEYS?: unknown;
  readonly SIGNING_KEYS_NEXT?: unknown;
  readonly SEALING_KEY?: unknown;
  readonly KEY_ROTATION_DAYS?: unknown;
  readonly ADMIN_TOKEN?: unknown;
  readonly ALLOW_LOOPBACK_ISSUERS?: unknown;
  readonly AUDIT_RETENTION_DAYS?: unknown;
  readonly AUDIT_HOT_DAYS?: unknown;
}

/** The settings, each checked; a member is null if it is missing or at fault (or, for the root token, not set). */
export interface Config {
  readonly db: D1Database | null;
  readonly cache: KVNamespace | null;
  readonly rateLimiter: RateLimit | null;
  /** Null if audit events stay in D1. */
  readonly archive: R2Bucket | null;
  readonly issuerUrl: string | null;
  readonly defaultAudience: string | null;
  /** At least one key in the secrets, or a key to seal those with that the service makes. */
  readonly signingKeys: KeySources | null;
  /** 0 means never. */
  readonly keyRotationDays: number | null;
  readonly adminToken: string | null;
  readonly allowLoopbackIssuers: boolean;
  readonly auditRetentionDays: number | null;
  readonly auditHotDays: number | null;
  readonly faults: readonly ConfigFault[];
}

export type SettingName = keyof Settings;

/** The settings that our own keys come from: nothing is signed or published while one of them is at fault. */
export const KEY_SETTINGS = ['SIGNING_KEYS', 'SIGNING_KEYS_NEXT', 'SEALING_KEY'] as const satisfies SettingName[];

export interface ConfigFault {
  readonly setting: SettingName;
  /** What is wrong and what to do; never the value of a secret. */
  readonly detail: string;
}

const LOOPBACK_ORIGIN = /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;

/** Parses all settings; never throws. */
export function parseConfig(env: Settings): Config {
  const faults: ConfigFault[] = [];
  const fault = (setting: SettingName, detail: string): null => {
    faults.push({ setting, detail: `${setting} ${detail}` });
    return null;
  };

  const allowLoopbackIssuers = isSet(env.ALLOW_LOOPBACK_ISSUERS) && String(env.ALLOW_LOOPBACK_ISSUERS) === 'true';
  if (isSet(env.ALLOW_LOOPBACK_ISSUERS) && !/^(?:true|false)$/.test(String(env.ALLOW_LOOPBACK_ISSUERS))) {
    fault('ALLOW_LOOPBACK_ISSUERS', 'must be true or false');
  }
  if (isSet(env.KEY_ROTATION_DAYS) && String(env.KEY_ROTATION_DAYS) !== '0' && !isSet(env.SEALING_KEY)) {
    fault('KEY_ROTATION_DAYS', 'needs SEALING_KEY: only keys that the service makes are rotated on schedule');
  }
  const issuerUrl = parseIssuerUrl(env.ISSUER_URL, allowLoopbackIssuers, (detail) => fault('ISSUER_URL', detail));
  return {
    db: env.DB ?? fault('DB', 'is not bound: add a D1 database binding named DB to wrangler.toml'),
    cache: env.CACHE ?? fault('CACHE', 'is not bound: add a KV namespace binding named CACHE to wrangler.toml'),
    rateLimiter: env.RATE_LIMITER ?? null,
    archive: env.ARCHIVE ?? null,
    issuerUrl,
    defaultAudience: parseAudience(env.DEFAULT_AUDIENCE, issuerUrl, (detail) => fault('DEFAULT_AUDIENCE', detail)),
    signingKeys: parseKeys(env, fault),
    keyRotationDays: parseDays(env.KEY_ROTATION_DAYS, 0, (detail) => fault('KEY_ROTATION_DAYS', detail), [
      0,
      MAX_KEY_ROTATION_DAYS,
    ]),
    adminToken: parseAdminToken(env.ADMIN_TOKEN, (detail) => fault('ADMIN_TOKEN', detail)),
    allowLoopbackIssuers,
    auditRetentionDays: parseDays(env.AUDIT_RETENTION_DAYS, DEFAULT_AUDIT_RETENTION_DAYS, (detail) =>
      fault('AUDIT_RETENTION_DAYS', detail),
    ),
    auditHotDays: parseDays(env.AUDIT_HOT_DAYS, DEFAULT_AUDIT_HOT_DAYS, (detail) => fault('AUDIT_HOT_DAYS', detail)),
    faults,
  };
}

/** The faults of these settings; an endpoint that needs one of them does not answer. */
export function faultsOf(config: Config, needed: readonly SettingName[]): readonly ConfigFault[] {
  return config.faults.filter((fault) => needed.includes(fault.setting));
}

type Fault = (detail: string) => null;

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function parseIssuerUrl(value: unknown, allowLoopback: boolean, fault: Fault): string | null {
  if (!isSet(value))
    return fault('is not set: it must be the https origin of this deployment, such as https://tokens.example.com');
  const text = String(value);
  if (allowLoopback && LOOPBACK_ORIGIN.test(text) && URL.canParse(text)) return text;
  if (!URL.canParse(text) || !text.startsWith('https://') || new URL(text).origin !== text) {
    return fault(
      'must be an https origin in lower case, without path, query, fragment, default port or trailing slash',
    );
  }
  return text;
}

function parseAudience(value: unknown, issuerUrl: string | null, fault: Fault): string | null {
  if (!isSet(value)) return issuerUrl;
  const text = String(value);
  return /^[\x21-\x7e]+$/.test(text) && text.length <= MAX_AUDIENCE_CHARS
    ? text
    : fault(`must be 1 to ${MAX_AUDIENCE_CHARS} visible ASCII characters without spaces`);
}

function parseKeys(env: Settings, fault: (setting: SettingName, detail: string) => null): KeySources | null {
  const current = parseBundle(env.SIGNING_KEYS, 'SIGNING_KEYS', fault);
  const next = parseBundle(env.SIGNING_KEYS_NEXT, 'SIGNING_KEYS_NEXT', fault);
  const sealingKey = parseSealingKey(env.SEALING_KEY, (detail) => fault('SEALING_KEY', detail));
  if (!isSet(env.SIGNING_KEYS) && !isSet(env.SEALING_KEY))
    return fault(
      'SIGNING_KEYS',
      'is not set, and neither is SEALING_KEY, with which the service makes its own keys: set one of them with wrangler secret put',
    );
  if (current === null || next === null || (sealingKey === null && isSet(env.SEALING_KEY))) return null;
  const joined = joinBundles(current, next);
  if (joined.ok) return { bundle: joined.value, sealingKey };
  for (const detail of joined.error) fault('SIGNING_KEYS_NEXT', detail);
  return null;
}

/** The keys of a secret, none if it is not set; null if it is at fault. */
function parseBundle(
  value: unknown,
  secret: BundleSecret,
  fault: (setting: SettingName, detail: string) => null,
): SigningBundle | null {
  if (!isSet(value)) return [];
  const keys = parseSigningKeys(typeof value === 'string' ? value : JSON.stringify(value), secret);
  if (keys.ok) return keys.value;
  for (const detail of keys.error) fault(secret, detail);
  return null;
}

function parseSealingKey(value: unknown, fault: Fault): Uint8Array<ArrayBuffer> | null {
  if (!isSet(value)) return null;
  const text = String(value);
  // The last of the 43 characters has two bits that say nothing; there is one way to write a key.
  if (!/^[\w-]{42}[AEIMQUYcgkosw048]$/.test(text)) {
    return fault(
      `must be ${SEALING_KEY_BYTES} random bytes in base64url without padding, which are 43 characters; \`cambist keys generate --sealing-key\` makes one`,
    );
  }
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (byte) => byte.charCodeAt(0));
}

function parseAdminToken(value: unknown, fault: Fault): string | null {
  if (!isSet(value)) return null;
  const text = String(value);
  if (!/^[\x21-\x7e]+$/.test(text)) return fault('must be visible ASCII characters without spaces or line breaks');
  return text.length >= MIN_ADMIN_TOKEN_CHARS ? text : fault(`must have at least ${MIN_ADMIN_TOKEN_CHARS} characters`);
}

function parseDays(
  value: unknown,
  otherwise: number,
  fault: Fault,
  [least, most]: readonly [number, number] = [1, MAX_AUDIT_RETENTION_DAYS],
): number | null {
  if (!isSet(value)) return otherwise;
  const text = String(value);
  const days = Number(text);
  if (!/^\d{1,5}$/.test(text) || days < least || days > most) {
    return fault(`must be a whole number of days from ${least} to ${most}`);
  }
  return days;
}

/** A setting whose absence the door has already answered with 503. */
export function needed<T>(setting: T | null): T {
  if (setting === null)
    throw new Error('a setting at fault was used; the endpoint does not list it among those it needs');
  return setting;
}
