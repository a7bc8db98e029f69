// Answers a document that anybody may keep and read from any origin: etag, 304, and the answer to a browser's preflight.

import type { Context, Handler } from 'hono';
import { sha256 } from '../token/digest.ts';
import type { AppEnv } from './deps.ts';
import { PUBLIC_DOCUMENT_MAX_AGE_SECONDS } from './limits.ts';

/** JSON text with the tag that names exactly this text (RFC 9110 §8.8.3). */
export interface PublicDocument {
  readonly body: string;
  readonly etag: string;
}

/** Writes a document as text, and tags it. */
export async function publicDocument(document: object): Promise<PublicDocument> {
  const body = JSON.stringify(document);
  return { body, etag: `"${await sha256(body)}"` };
}

/** Answers 200, or 304 if the caller has this very document (RFC 9110 §13.1.2, RFC 9111). */
export function answerDocument(c: Context<AppEnv>, { body, etag }: PublicDocument): Response {
  c.header('cache-control', `public, max-age=${PUBLIC_DOCUMENT_MAX_AGE_SECONDS}`);
  c.header('etag', etag);
  c.header('access-control-allow-origin', '*');
  const known = c.req.header('if-none-match')?.split(',') ?? [];
  if (known.some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag)) return c.body(null, 304);
  return c.body(body, 200, { 'content-type': 'application/json' });
}

/** `OPTIONS`: a browser's preflight may read the documents from anywhere. */
export const documentOptions: Handler<AppEnv> = (c) =>
  c.body(null, 204, {
    allow: 'GET, HEAD, OPTIONS',
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, HEAD, OPTIONS',
    'access-control-allow-headers': 'if-none-match',
    'access-control-max-age': '86400',
    'cache-control': `public, max-age=${PUBLIC_DOCUMENT_MAX_AGE_SECONDS}`,
  });
