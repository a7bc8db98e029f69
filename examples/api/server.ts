// The example API on Node.js. Run: ISSUER_URL=… AUDIENCE=… ORGANISATION=… node server.ts

import type { Server } from 'node:http';

import { createAdaptorServer } from '@hono/node-server';

import { createApp } from './app.ts';

export interface ApiOptions {
  /** The Cambist deployment that is trusted: its ISSUER_URL. */
  readonly issuer: string;
  /** What this API is called in `aud`; a token for another audience is refused (RFC 9068 §4). */
  readonly audience: string;
  /** The id of the organisation whose tokens count; the others of the deployment may have tokens for this audience too. */
  readonly organisation: string;
}

/** Makes the server; it learns the issuer's keys from its discovery document when the first token arrives. */
export async function createApi(options: ApiOptions): Promise<Server> {
  return createAdaptorServer({ fetch: createApp(options).fetch }) as Server;
}

if (import.meta.main) {
  const { ISSUER_URL, AUDIENCE, ORGANISATION, PORT } = process.env as Record<string, string | undefined>;
  if (!ISSUER_URL || !AUDIENCE || !ORGANISATION) throw new Error('set ISSUER_URL, AUDIENCE and ORGANISATION');
  const server = await createApi({ issuer: ISSUER_URL, audience: AUDIENCE, organisation: ORGANISATION });
  server.listen(Number(PORT ?? '3000'), () =>
    console.log(`example API on port ${PORT ?? '3000'}, trusting ${ISSUER_URL}`),
  );
}
