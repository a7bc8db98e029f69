// Every answer of the console that is a page, with the headers under which nothing but what it names may load or frame it.

import type { Child } from 'hono/jsx';
import { stylePath } from './assets.ts';
import { Document } from './parts/layout.tsx';

/** Nothing from elsewhere, no script, no frame, and forms only to this origin (CSP 3). */
const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self' data:",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** On every answer of the console. `same-origin` and not `no-referrer`, with which browsers hide the origin of a form, too. */
const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

interface PageOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Let the browser ask for this address at once. */
  readonly refreshTo?: string | null;
}

/** A page as a response. */
export async function answerPage(
  title: string,
  content: Child,
  { status = 200, headers = {}, refreshTo = null }: PageOptions = {},
): Promise<Response> {
  const page = (
    <Document title={title} stylePath={await stylePath()} refreshTo={refreshTo}>
      {content}
    </Document>
  );
  return new Response(`<!doctype html>${page.toString()}`, {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', ...SAFE_HEADERS, ...headers },
  });
}

/** Sends the browser to a path of the console with GET (303). */
export function answerGoTo(path: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status: 303, headers: { location: path, ...SAFE_HEADERS, ...headers } });
}
