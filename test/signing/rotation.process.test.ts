// Keys that the service makes, rotated through the command line while verifiers of other people check every token; and what its files hold.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
} from 'jose';
import type { JSONWebKeySet, JWK, JWTVerifyGetKey } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { freePort } from '../../scripts/local/worker.ts';
import { openSealedKey, importSealingKey } from '../../src/signing/seal.ts';
import type { MadeKey } from '../../src/objects/key-rotation.ts';
import { runHere } from '../cli/cli-run.ts';
import { startSoakedService } from '../soak/service.ts';
import { endAll, printed, startWorker, temporaryDirectory } from '../support/local-process.ts';

const ROTATIONS = 10;

afterEach(async () => {
  vi.useRealTimers();
  await endAll();
});

/** A pipeline whose tokens a deployment accepts: registers itself as root, and exchanges. */
async function joinDeployment(url: string, rootToken: string): Promise<(now: number) => Promise<string>> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'pipeline', alg: 'ES256' };
  const issuer = 'https://pipeline.example.com';
  const create = async (path: string, body: object): Promise<string> => {
    const headers = { authorization: `Bearer ${rootToken}`, 'content-type': 'application/json' };
    const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    const created = (await response.json()) as { identity?: string };
    if (created.identity === undefined) throw new Error(`${path}: ${response.status} ${JSON.stringify(created)}`);
    return created.identity;
  };
  const providerIdentity = await create('/v1/federated-identity-providers', {
    name: 'pipeline',
    providerIssuer: issuer,
    localJwks: { keys: [jwk] },
    status: 'active',
  });
  const serviceAccountIdentity = await create('/v1/service-accounts', { name: 'app' });
  const rule = { providerSubject: 'app', allowedScopes: ['api:read'], tokenAudiences: ['https://api.example.com'] };
  await create('/v1/federated-identities', { name: 'app', serviceAccountIdentity, providerIdentity, ...rule });
  return async (now) => {
    const subjectToken = await new SignJWT({ jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'ES256', kid: 'pipeline' })
      .setIssuer(issuer)
      .setSubject('app')
      .setAudience(url)
      .setIssuedAt(now)
      .setExpirationTime(now + 300)
      .sign(privateKey);
    const body = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: subjectToken,
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      service_account_id: serviceAccountIdentity,
    });
    const answer = (await (await fetch(`${url}/oidc/token`, { method: 'POST', body })).json()) as {
      access_token?: string;
    };
    if (answer.access_token === undefined) throw new Error(JSON.stringify(answer));
    return answer.access_token;
  };
}

const checks = (issuer: string, now: number): { issuer: string; audience: string; currentDate: Date } => ({
  issuer,
  audience: 'https://api.example.com',
  currentDate: new Date(now * 1000),
});

describe('ten rotations in a row through the command line (contract §5.8)', () => {
  it('in an emergency, of what npm start runs: a verifier that asks at an unknown kid refuses no token, and each old one', async () => {
    const [state, port] = [temporaryDirectory(), await freePort()];
    const worker = startWorker(state, port);
    await printed(worker, 'cambist: ready');
    const url = `http://localhost:${port}`;
    const secret = (file: string): string => readFileSync(join(state, file), 'utf8').trim();
    const env = { CAMBIST_URL: url, CAMBIST_TOKEN: secret('admin-token') };
    const exchange = await joinDeployment(url, secret('admin-token'));
    const keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`), { cooldownDuration: 0 });
    const kids = new Set<string>();
    let old: string | null = null;
    for (let round = 0; round <= ROTATIONS; round += 1) {
      const now = Math.floor(Date.now() / 1000);
      const token = await exchange(now);
      await jwtVerify(token, keys, checks(url, now));
      if (old !== null) await expect(jwtVerify(old, keys, checks(url, now))).rejects.toThrow('no applicable key');
      kids.add(decodeProtectedHeader(token).kid ?? '');
      old = token;
      const rotated = await runHere(['keys', 'rotate', '--mode', 'emergency', '--yes'], env);
      expect([rotated.code, rotated.stdout]).toEqual([0, expect.stringContaining('signs from now on (emergency)')]);
    }
    expect(kids.size).toBe(ROTATIONS + 1);
    const listed = await runHere(['keys', 'list', '--json'], env);
    const live = (JSON.parse(listed.stdout) as { status: string; source: string; alg: string }[]).filter(
      ({ status }) => status !== 'revoked',
    );
    expect(live.map(({ alg, status, source }) => `${alg} ${status} ${source}`)).toEqual([
      'ES256 active sealed',
      'ES256 standby sealed',
      'RS256 active sealed',
      'RS256 standby sealed',
    ]);
    worker.child.kill('SIGTERM');
    await worker.exited;
    await expectNothingPrivate(state, secret('sealing-key'));
  });

  it('gracefully, 300 s apart: no verifier refuses a token, be it one that only asks every 300 s', async () => {
    const service = await startSoakedService();
    try {
      let now = 1_789_000_000;
      vi.useFakeTimers({ toFake: ['Date'], now: now * 1000 });
      await service.simulate({
        now,
        sealingKey: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
      });
      const exchange = await joinDeployment(service.url, service.rootToken);
      const env = { CAMBIST_URL: service.url, CAMBIST_TOKEN: service.rootToken };
      const asking = createRemoteJWKSet(new URL(`${service.url}/.well-known/jwks.json`));
      const waiting = everySeconds(
        300,
        async () => (await service.get('/.well-known/jwks.json')).body as unknown as JSONWebKeySet,
      );
      const kept: string[] = [];
      for (let round = 0; round <= ROTATIONS; round += 1) {
        kept.push(await exchange(now));
        for (const token of kept.slice(-3))
          for (const keys of [asking, waiting]) await jwtVerify(token, keys, checks(service.url, now));
        const early = round > 1 ? null : await runHere(['keys', 'rotate'], env);
        if (early !== null)
          expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('try again in 300 seconds')]);
        now += 300;
        vi.setSystemTime(now * 1000);
        await service.simulate({ now });
        const rotated = await runHere(['keys', 'rotate'], env);
        expect([rotated.code, rotated.stdout]).toEqual([0, expect.stringContaining('signs from now on (graceful)')]);
      }
      expect(new Set(kept.map((token) => decodeProtectedHeader(token).kid)).size).toBe(ROTATIONS + 1);
      expect(service.troubles).toEqual([]);
    } finally {
      await service.stop();
    }
  });
});

/** A verifier that keeps what it fetched for so many seconds, and never asks because of a token. */
function everySeconds(seconds: number, read: () => Promise<JSONWebKeySet>): JWTVerifyGetKey {
  let last: { readonly at: number; readonly keys: JWTVerifyGetKey } | null = null;
  return async (header, token) => {
    const now = Date.now() / 1000;
    if (last === null || now - last.at >= seconds) last = { at: now, keys: createLocalJWKSet(await read()) };
    return last.keys(header, token);
  };
}

/** Opens every sealed key that the files hold, and searches all of them for what came out. */
async function expectNothingPrivate(state: string, sealingKey: string): Promise<void> {
  const files = readdirSync(join(state, 'storage'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const rows = files
    .filter((file) => file.endsWith('.sqlite'))
    .flatMap((file) => {
      const database = new DatabaseSync(file, { readOnly: true });
      try {
        const isOurs = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'signing_key'").get() !== undefined;
        const sql = 'SELECT kid, alg, sealed FROM signing_key WHERE sealed IS NOT NULL';
        return isOurs ? (database.prepare(sql).all() as unknown as MadeKey[]) : [];
      } finally {
        database.close();
      }
    });
  expect(rows).toHaveLength(4);
  const key = await importSealingKey(new Uint8Array(Buffer.from(sealingKey, 'base64url')));
  const opened = await Promise.all(rows.map(async (row) => openSealedKey(row, key)));
  const parts = opened.flatMap((own) => {
    const jwk: JWK = own?.privateJwk ?? {};
    return [jwk.d, jwk.p, jwk.q, jwk.dp, jwk.dq, jwk.qi].filter((part) => part !== undefined);
  });
  expect(parts).toHaveLength(14);
  const texts = files.map((file) => readFileSync(file).toString('latin1'));
  for (const part of [...parts, sealingKey]) {
    const bytes = Buffer.from(part, 'base64url').toString('latin1');
    expect(texts.some((text) => text.includes(part) || text.includes(bytes))).toBe(false);
  }
  // The search finds what is there.
  expect(texts.some((text) => text.includes(rows[0]?.sealed ?? 'nothing'))).toBe(true);
}
