// The seal of the console's sessions: it follows from the secrets of our keys, is bound to the deployment, and serves nothing else.

import { base64url, exportJWK } from 'jose';
import { describe, expect, it } from 'vitest';

import { parseKey } from '../../src/signing/bundle.ts';
import { importSealingKey, makeSealedKey, openSealedKey } from '../../src/signing/seal.ts';
import { createSessionSeal } from '../../src/signing/session-seal.ts';
import { createKey } from '../support/issuer.ts';

const ISSUER = 'https://tokens.example.com';
const secret = (fill: number): Uint8Array<ArrayBuffer> => new Uint8Array(32).fill(fill);
const sealed = (fill: number, issuer = ISSUER): ReturnType<typeof createSessionSeal> =>
  createSessionSeal({ bundle: [], sealingKey: secret(fill) }, issuer);

async function bundleKey(kid: string): Promise<Parameters<typeof createSessionSeal>[0]['bundle'][number]> {
  const key = await createKey('ES256', kid);
  const parsed = parseKey({ ...(await exportJWK(key.privateKey)), kid, alg: 'ES256' }, kid);
  if (!parsed.ok) throw new Error(parsed.error);
  return { ...parsed.value, secret: 'SIGNING_KEYS' };
}

describe('the seal of sessions', () => {
  it('opens what it sealed, in another isolate too, and every time another text', async () => {
    const [one, other] = await Promise.all([sealed(1), sealed(1)]);
    const text = await one.seal('a session');
    expect(await other.open(text)).toBe('a session');
    expect(await one.seal('a session')).not.toBe(text);
    expect(await one.mark('x')).toBe(await other.mark('x'));
    expect(await one.mark('x')).not.toBe(await one.mark('y'));
  });

  it('opens nothing that was sealed under another secret or for another deployment', async () => {
    const text = await (await sealed(1)).seal('a session');
    expect(await (await sealed(2)).open(text)).toBeNull();
    expect(await (await sealed(1, 'https://other.example.com')).open(text)).toBeNull();
    expect(await (await sealed(2)).mark('x')).not.toBe(await (await sealed(1)).mark('x'));
  });

  it('shares no key with the sealed signing keys: neither opens what the other sealed', async () => {
    const key = await importSealingKey(secret(1));
    const seal = await sealed(1);
    const signing = await makeSealedKey('ES256', key);
    expect(await seal.open(signing.sealed)).toBeNull();
    expect(await openSealedKey({ ...signing, sealed: await seal.seal('{}') }, key)).toBeNull();
    expect(await openSealedKey(signing, key)).not.toBeNull();
  });

  it('follows from SIGNING_KEYS if there is no SEALING_KEY, and changes with them', async () => {
    const [first, second] = [await bundleKey('one'), await bundleKey('two')];
    const of = (...bundle: (typeof first)[]): ReturnType<typeof createSessionSeal> =>
      createSessionSeal({ bundle, sealingKey: null }, ISSUER);
    const text = await (await of(first)).seal('a session');
    expect(await (await of(first)).open(text)).toBe('a session');
    expect(await (await of(second)).open(text)).toBeNull();
    expect(await (await createSessionSeal({ bundle: [first], sealingKey: secret(1) }, ISSUER)).open(text)).toBeNull();
  });

  it('opens no text of another form', async () => {
    const seal = await sealed(1);
    for (const text of ['', '.', 'x', 'x.y', `${base64url.encode(secret(0))}.${base64url.encode(secret(0))}`, 'a.b.c'])
      expect(await seal.open(text), text).toBeNull();
  });
});
