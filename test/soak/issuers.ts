// Issuers on loopback whose keys rotate, vanish and come back; they sign by the soak's clock and know nothing of the service.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { JWK } from 'jose';

export interface Key {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export interface Issuer {
  readonly issuer: string;
  /** Signs with the current key, or another of its own. */
  readonly sign: (claims: Readonly<Record<string, unknown>>, key?: Key) => Promise<string>;
  /** What it signs with just now. */
  readonly key: () => Key;
  /** What it publishes just now, in order. */
  readonly keys: () => readonly Key[];
  /** Makes a key that is not published. */
  readonly newKey: () => Promise<Key>;
  /** Publishes these keys, the last of which signs from now on. */
  readonly publish: (...keys: readonly Key[]) => void;
  /** True while it answers. */
  isUp: boolean;
  /** Requests for its documents. */
  requests: number;
}

export interface Issuers {
  readonly add: (name: string) => Promise<Issuer>;
  readonly stop: () => void;
}

/** Starts a server on loopback that can be any number of issuers. */
export async function startIssuers(): Promise<Issuers> {
  const answers = new Map<string, () => { up: boolean; document: object }>();
  const server = createServer((request, response) => {
    const { up, document } = answers.get(request.url ?? '')?.() ?? { up: false, document: {} };
    response
      .writeHead(up ? 200 : 503, { 'content-type': 'application/json', 'cache-control': 'max-age=600' })
      .end(JSON.stringify(document));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    add: async (name) => {
      let made = 0;
      const newKey = async (): Promise<Key> => {
        made += 1;
        const kid = `${name}-${made}`;
        const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
        return { kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
      };
      let published: readonly Key[] = [await newKey()];
      const current = (): Key => {
        const last = published.at(-1);
        if (last === undefined) throw new Error(`${name} has no key`);
        return last;
      };
      const self: Issuer = {
        issuer: `${origin}/${name}`,
        key: current,
        keys: () => published,
        newKey,
        publish: (...keys) => void (published = keys),
        isUp: true,
        requests: 0,
        sign: (claims, key = current()) =>
          new SignJWT({ iss: self.issuer, ...claims })
            .setProtectedHeader({ alg: 'ES256', kid: key.kid, typ: 'JWT' })
            .sign(key.privateKey),
      };
      const serve = (path: string, document: () => object): void =>
        void answers.set(`/${name}${path}`, () => {
          self.requests += 1;
          return { up: self.isUp, document: document() };
        });
      serve('/.well-known/openid-configuration', () => ({ issuer: self.issuer, jwks_uri: `${self.issuer}/keys` }));
      serve('/keys', () => ({ keys: published.map(({ publicJwk }) => publicJwk) }));
      return self;
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
