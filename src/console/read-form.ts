// Reads the form that a browser sent, within the size of every request body.

import { readBounded } from '../bounded-body.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import { MAX_BODY_BYTES } from '../objects/limits.ts';

/** The fields of a form, or why they cannot be read. */
export async function readForm(
  request: Request,
): Promise<Result<URLSearchParams, { readonly status: 413 | 415; readonly detail: string }>> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type) || request.headers.has('content-encoding')) {
    return refuse({ status: 415, detail: 'Send it as application/x-www-form-urlencoded.' });
  }
  const bytes = await readBounded(request.body, MAX_BODY_BYTES);
  if (bytes === null) return refuse({ status: 413, detail: `A form has at most ${MAX_BODY_BYTES / 1024} KiB.` });
  return ok(new URLSearchParams(new TextDecoder().decode(bytes)));
}
