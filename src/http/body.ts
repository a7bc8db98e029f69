// Reads a request body up to the service's limit, whatever its headers claim.

import { readBounded } from '../bounded-body.ts';
import { MAX_BODY_BYTES } from '../objects/limits.ts';

export type Body = { readonly bytes: Uint8Array } | { readonly fault: 'too_large' | 'encoded' };

/** Reads at most 64 KiB; a compressed body is refused, since its size says nothing of what it unpacks to. */
export async function readBody(request: Request): Promise<Body> {
  const encoding = request.headers.get('content-encoding');
  if (encoding !== null && encoding.toLowerCase() !== 'identity') return { fault: 'encoded' };
  const declared = request.headers.get('content-length');
  if (declared !== null && /^\d+$/.test(declared)) {
    if (Number(declared) > MAX_BODY_BYTES) return { fault: 'too_large' };
    // HTTP frames the body by this number, so it can be read in one piece.
    const bytes = new Uint8Array(await request.arrayBuffer());
    return bytes.byteLength > MAX_BODY_BYTES ? { fault: 'too_large' } : { bytes };
  }
  const bytes = await readBounded(request.body, MAX_BODY_BYTES);
  return bytes === null ? { fault: 'too_large' } : { bytes };
}
