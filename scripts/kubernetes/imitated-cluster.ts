// The part of a cluster that signs tokens of service accounts, as the API server does; everything else is left to whoever imitates it.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** The issuer that every cluster has unless it is told otherwise; nobody outside can fetch its keys. */
export const CLUSTER_ISSUER = 'https://kubernetes.default.svc.cluster.local';

export interface ImitatedCluster {
  /** The file with its keys, as `kubectl get --raw /openid/v1/jwks` prints them. */
  readonly jwks: string;
  /** Writes a token of the account for this audience; the path of its file. */
  readonly tokenOf: (namespace: string, account: string, audience: string) => Promise<string>;
}

/** A cluster with keys of its own, which writes its files into the directory. */
export async function imitateCluster(directory: string): Promise<ImitatedCluster> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const jwks = join(directory, 'jwks.json');
  const key = { ...(await exportJWK(publicKey)), kid: 'cluster', alg: 'RS256', use: 'sig' };
  writeFileSync(jwks, JSON.stringify({ keys: [key] }));
  return {
    jwks,
    tokenOf: async (namespace, account, audience) => {
      const claims = {
        'kubernetes.io': {
          namespace,
          node: { name: 'node-1', uid: crypto.randomUUID() },
          pod: { name: `${account}-1`, uid: crypto.randomUUID() },
          serviceaccount: { name: account, uid: crypto.randomUUID() },
        },
      };
      const token = await new SignJWT({ ...claims, jti: crypto.randomUUID() })
        .setProtectedHeader({ alg: 'RS256', kid: 'cluster' })
        .setIssuer(CLUSTER_ISSUER)
        .setSubject(`system:serviceaccount:${namespace}:${account}`)
        .setAudience([audience])
        .setIssuedAt()
        .setNotBefore('0s')
        .setExpirationTime('1h')
        .sign(privateKey);
      const file = join(directory, `${namespace}-${account}.jwt`);
      writeFileSync(file, token, { mode: 0o600 });
      return file;
    },
  };
}
