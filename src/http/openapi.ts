// GET /openapi.json (contract §5.9): the reference of the API, built once for each isolate, since building it costs 20 ms of CPU.

import type { Handler } from 'hono';
import type { AppDeps, AppEnv } from './deps.ts';
import { answerDocument, publicDocument } from './public-document.ts';
import type { PublicDocument } from './public-document.ts';

/** The reference with this deployment's address; anybody may read and keep it. */
export function openApiHandler({ config }: AppDeps): Handler<AppEnv> {
  // The result is kept and not the promise, which another request must not await.
  let built: PublicDocument | null = null;
  return async (c) => {
    if (built === null) {
      const { openApiDocument } = await import('./reference/document.ts');
      built = await publicDocument(openApiDocument(config.issuerUrl));
    }
    return answerDocument(c, built);
  };
}
