// Reads the environment of `npm start` and `npm run dev` and says which settings the Worker gets. Reads nothing else and writes nothing.

import { Refusal } from './refusal.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface LocalSettings {
  /** 0 means any free port. */
  readonly port: number;
  readonly stateDirectory: string;
}

/** PORT and STATE_DIR. Throws Refusal if PORT is not a port. */
export function readLocalSettings(env: Environment): LocalSettings {
  const text = setting(env, 'PORT') ?? '8787';
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new Refusal(`PORT must be a number from 0 to 65535, not "${text}"`);
  return { port, stateDirectory: setting(env, 'STATE_DIR') ?? '.cambist' };
}

/** The Worker's settings but for the secrets; loopback issuers are allowed here, and only here. */
export function workerSettings(env: Environment, port: number): Record<string, string> {
  return {
    ISSUER_URL: setting(env, 'ISSUER_URL') ?? `http://localhost:${port}`,
    ALLOW_LOOPBACK_ISSUERS: 'true',
    DEFAULT_AUDIENCE: setting(env, 'DEFAULT_AUDIENCE') ?? '',
    KEY_ROTATION_DAYS: setting(env, 'KEY_ROTATION_DAYS') ?? '',
    AUDIT_RETENTION_DAYS: setting(env, 'AUDIT_RETENTION_DAYS') ?? '',
    AUDIT_HOT_DAYS: setting(env, 'AUDIT_HOT_DAYS') ?? '',
  };
}

/** A variable that is set to something; an empty one counts as unset. */
export function setting(env: Environment, name: string): string | undefined {
  const value: string | undefined = env[name];
  return value === '' ? undefined : value;
}
