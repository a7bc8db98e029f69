// The cryptography of exchanges on workerd and nothing else: verify and sign with jose, as often as asked. For measuring alone.

import { importJWK, jwtVerify, SignJWT } from 'jose';
import type { JWK } from 'jose';

interface Asked {
  readonly token: string;
  readonly jwk: JWK;
  readonly signingKey: JWK & { readonly alg: string };
  readonly times: number;
}

const worker: ExportedHandler = {
  fetch: async (request) => {
    const { token, jwk, signingKey, times } = await request.json<Asked>();
    const verify = await importJWK(jwk, 'RS256');
    const sign = await importJWK(signingKey, signingKey.alg);
    for (let index = 0; index < times; index += 1) {
      const { payload } = await jwtVerify(token, verify, { algorithms: ['RS256'] });
      await new SignJWT({ sub: payload.sub ?? '', jti: crypto.randomUUID(), scope: 'api:read api:write' })
        .setProtectedHeader({ alg: signingKey.alg, typ: 'at+jwt' })
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(sign);
    }
    return new Response(null, { status: 204 });
  },
};

export default worker;
