// A deployment with one issuer and one rule, over bindings that can fail; the twin of every fault test is its `works`.

import { env } from 'cloudflare:workers';
import { decodeJwt } from 'jose';
import { expect } from 'vitest';

import type { Settings } from '../../src/config.ts';
import { addIdentity, deploy, expectCreated, join } from '../support/deployment.ts';
import type { Answer, Deployment, Joined } from '../support/deployment.ts';
import { createIssuer } from '../support/issuer.ts';
import type { SignOptions, TestIssuer } from '../support/issuer.ts';
import { faultyCache, faultyDatabase } from './faulty-bindings.ts';
import type { FaultyCache, FaultyDatabase } from './faulty-bindings.ts';

export interface World {
  readonly deployment: Deployment;
  readonly d1: FaultyDatabase;
  readonly kv: FaultyCache;
  readonly issuer: TestIssuer;
  readonly joined: Joined;
  /** A good token of this moment, signed by the issuer's current key. */
  readonly token: (claims?: Record<string, unknown>, options?: SignOptions) => Promise<string>;
  /** Exchanges a new good token. */
  readonly exchange: () => Promise<Answer>;
  /** Fails unless a new good token is exchanged. */
  readonly works: () => Promise<void>;
  /** Audit events of grants. */
  readonly granted: () => Promise<Record<string, unknown>[]>;
}

/** Starts it with no keys of the issuer known anywhere; `rule` and `settings` are laid over the usual ones. */
export async function startWorld(rule: Record<string, unknown> = {}, settings: Partial<Settings> = {}): Promise<World> {
  const d1 = faultyDatabase(env.DB);
  const kv = faultyCache(env.CACHE);
  const deployment = await deploy({ DB: d1.db, CACHE: kv.cache, ...settings });
  const issuer = await createIssuer();
  // Registers our keys, so that the write of a later exchange is the one that records it.
  await deployment.send('/readyz');
  const joined = await join(deployment, issuer, { providerSubject: 'job:good', ...rule });
  const token: World['token'] = (claims = {}, options = {}) => {
    const { now } = deployment.clock;
    const usual = { iss: issuer.issuer, sub: 'job:good', aud: 'https://cambist.test', iat: now, exp: now + 300 };
    return issuer.sign({ ...usual, jti: crypto.randomUUID(), ...claims }, options);
  };
  const exchange = async (): Promise<Answer> => deployment.exchange(await token());
  return {
    deployment,
    d1,
    kv,
    issuer,
    joined,
    token,
    exchange,
    works: async () => {
      const { status, body } = await exchange();
      expect({ status, error: body.error_description }).toEqual({ status: 200, error: undefined });
    },
    granted: async () => (await deployment.events()).filter(({ outcome }) => outcome === 'granted'),
  };
}

/** Registers one more issuer, of which the same subject may act as the same account. */
export async function addIssuer({ deployment, joined }: World, name: string): Promise<TestIssuer> {
  const issuer = await createIssuer({ issuer: `https://${name}.example.com` });
  deployment.connect(issuer);
  const provider = await expectCreated(
    deployment.iam('POST', '/v1/federated-identity-providers', { name, providerIssuer: issuer.issuer }),
  );
  await addIdentity(deployment, { ...joined, provider }, { providerSubject: 'job:good' });
  return issuer;
}

/** A refusal that a caller may try again: no token, the time to wait, and nothing of what is behind it. */
export function expectUnavailable({ status, headers, body }: Answer): void {
  expect([status, body.error]).toEqual([503, 'temporarily_unavailable']);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(body).not.toHaveProperty('access_token');
  const { request_id: _, ...said } = body;
  expect(JSON.stringify(said)).not.toMatch(/D1|\bKV\b|SQL|issuer\.example|stack|\bat \//i);
}

/** A 503 of a deployment that needs its operator: no token, and where to look. */
export function expectMisconfigured({ status, body }: Answer): void {
  expect([status, body.error]).toEqual([503, 'server_error']);
  expect(body.error_description).toContain('/readyz');
  expect(body).not.toHaveProperty('access_token');
}

/** The id of an issued token. */
export function tokenIdOf({ body }: Answer): string {
  return String(decodeJwt(body.access_token).jti);
}
