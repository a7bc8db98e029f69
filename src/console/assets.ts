// The files that pages load, each under a name that follows from its content, so that a browser may keep it for good.

import { sha256 } from '../token/digest.ts';
import { ASSET_MAX_AGE_SECONDS } from './limits.ts';
import { STYLE } from './style.ts';

let named: string | null = null;

/** The address of the style sheet. */
export async function stylePath(): Promise<string> {
  return (named ??= `/console/style-${(await sha256(STYLE)).slice(0, 12)}.css`);
}

/** The file at this path; null if it is none. */
export async function readAsset(path: string): Promise<Response | null> {
  if (path !== (await stylePath())) return null;
  return new Response(STYLE, {
    headers: {
      'content-type': 'text/css; charset=utf-8',
      'cache-control': `public, max-age=${ASSET_MAX_AGE_SECONDS}, immutable`,
      'cross-origin-resource-policy': 'same-origin',
    },
  });
}
