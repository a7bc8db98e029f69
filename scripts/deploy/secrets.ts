// Which secrets a deployment still needs, and what they are: given by the environment, kept in its file, or made. Never replaces one, never prints one.

import { randomBytes } from 'node:crypto';

import { MIN_ADMIN_TOKEN_CHARS } from '../../src/http/limits.ts';
import { SEALING_KEY_BYTES } from '../../src/objects/limits.ts';
import { Refusal } from '../local/refusal.ts';

/** The secrets that the Worker reads; all others are somebody else's. */
export const SECRETS = ['SEALING_KEY', 'ADMIN_TOKEN', 'SIGNING_KEYS', 'SIGNING_KEYS_NEXT'] as const;

/** One secret to upload, and where its value comes from. */
export interface MissingSecret {
  readonly name: (typeof SECRETS)[number];
  readonly from: 'environment' | 'file' | 'made';
  readonly value: string;
}

/** What decides which secrets are missing. */
export interface SecretsWanted {
  /** Names of those that the Worker has. */
  readonly present: readonly string[];
  /** False if this deployment works without a root token, and nobody asked for one. */
  readonly adminToken: boolean;
  /** The token in the deployment's file; null if there is none. */
  readonly keptAdminToken: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The secrets to upload with the next deployment. Throws Refusal if the environment gives one that the Worker would refuse. */
export function missingSecrets({ present, adminToken, keptAdminToken, environment }: SecretsWanted): MissingSecret[] {
  const given = SECRETS.flatMap((name): MissingSecret[] => {
    const value = environment[name];
    if (value === undefined || value === '' || present.includes(name)) return [];
    const fault = faultOf(name, value);
    if (fault !== null) throw new Refusal(`${name} in the environment ${fault}; nothing was uploaded`, 2);
    return [{ name, from: 'environment', value }];
  });
  const isThere = (name: string): boolean => present.includes(name) || given.some((secret) => secret.name === name);
  const fresh = (): string => randomBytes(SEALING_KEY_BYTES).toString('base64url');
  return [
    ...given,
    // A deployment that signs with a bundle of its own has its keys.
    ...(isThere('SEALING_KEY') || isThere('SIGNING_KEYS')
      ? []
      : [{ name: 'SEALING_KEY', from: 'made', value: fresh() } as const]),
    ...(isThere('ADMIN_TOKEN') || !adminToken
      ? []
      : [
          keptAdminToken === null
            ? ({ name: 'ADMIN_TOKEN', from: 'made', value: fresh() } as const)
            : ({ name: 'ADMIN_TOKEN', from: 'file', value: keptAdminToken } as const),
        ]),
  ];
}

/** What the Worker would say of this value; null if it takes it. Never the value. */
function faultOf(name: MissingSecret['name'], value: string): string | null {
  if (name === 'SEALING_KEY') {
    const isKey = /^[A-Za-z0-9_-]+$/.test(value) && Buffer.from(value, 'base64url').length === SEALING_KEY_BYTES;
    return isKey ? null : `must be ${SEALING_KEY_BYTES} bytes in base64url (43 characters)`;
  }
  if (name === 'ADMIN_TOKEN') {
    const isToken = /^[\x21-\x7e]+$/.test(value) && value.length >= MIN_ADMIN_TOKEN_CHARS;
    return isToken ? null : `must be at least ${MIN_ADMIN_TOKEN_CHARS} visible ASCII characters`;
  }
  try {
    return Array.isArray((JSON.parse(value) as { readonly keys?: unknown }).keys) ? null : 'must be a private JWK Set';
  } catch {
    return 'must be a private JWK Set';
  }
}
