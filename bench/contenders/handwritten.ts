// The hand-written handler on Node: node:http, jose verify, jose sign, and nothing else at all.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { importJWK, jwtVerify, SignJWT } from 'jose';
import type { JWK } from 'jose';

const { issuer, jwk, audience, signingKey } = JSON.parse(process.env['BENCH'] ?? '') as {
  issuer: string;
  jwk: JWK;
  audience: string;
  signingKey: JWK & { alg: string; kid: string };
};
const verify = await importJWK(jwk, 'RS256');
const sign = await importJWK(signingKey, signingKey.alg);

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
  request.on('end', () => {
    void exchange(body).then((answer) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer)),
    );
  });
});

async function exchange(body: string): Promise<object> {
  const { payload } = await jwtVerify(new URLSearchParams(body).get('subject_token') ?? '', verify, {
    issuer,
    audience,
    algorithms: ['RS256'],
  });
  const token = await new SignJWT({ scope: 'api:read api:write', client_id: 'deployer', act: { sub: payload.sub } })
    .setProtectedHeader({ alg: signingKey.alg, kid: signingKey.kid, typ: 'at+jwt' })
    .setIssuer(audience)
    .setSubject('deployer')
    .setAudience('https://api.acme.example')
    .setJti(crypto.randomUUID())
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(sign);
  return { access_token: token, token_type: 'Bearer', expires_in: 3600, scope: 'api:read api:write' };
}

server.listen(0, '127.0.0.1', () => console.log(`listening ${(server.address() as AddressInfo).port}`));
