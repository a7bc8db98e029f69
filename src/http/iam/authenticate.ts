// Decides who calls the IAM API (contract §4); it knows only the root token, and says nothing about why a credential is wrong.

import { MAX_TOKEN_CHARS } from '../../core/limits.ts';
import { ok, refuse } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { Problem } from '../problem.ts';
import type { Caller, IamDeps, IamScope } from './deps.ts';

const DEFAULT_ORGANISATION = 'default';

/** The caller of a request, or a 401 with a challenge (RFC 6750 §3). */
export async function authenticate(request: Request, deps: IamDeps): Promise<Result<Caller, Problem>> {
  const header = request.headers.get('authorization');
  if (header === null) {
    return refuse(challenge('this API needs a credential: send Authorization: Bearer with the root token', ''));
  }
  const [, token] = /^(?:Bearer|Token) +([\x21-\x7e]+)$/i.exec(header) ?? [];
  if (token === undefined || token.length > MAX_TOKEN_CHARS || !(await isRootToken(token, deps.config.adminToken))) {
    return refuse(challenge('the credential is not accepted', ', error="invalid_token"'));
  }
  const organisation = request.headers.get('x-organisation-identity')?.trim() ?? '';
  return ok({
    actor: 'root',
    organisation: organisation === '' ? DEFAULT_ORGANISATION : organisation,
    isRoot: true,
    isAdmin: true,
    serviceAccountId: null,
    scopes: 'every',
    roles: [],
    token: null,
  });
}

/** Refuses a caller without the scope, naming it (RFC 6750 §3.1 insufficient_scope). */
export function requireScope(caller: Caller, scope: IamScope): Problem | null {
  if (caller.scopes === 'every' || caller.scopes.includes(scope)) return null;
  return {
    kind: 'forbidden',
    detail: `this needs the scope ${scope}`,
    headers: { 'www-authenticate': `Bearer realm="cambist", error="insufficient_scope", scope="${scope}"` },
  };
}

/** Compares digests, so that neither the length nor a common prefix shows in the time it takes. */
async function isRootToken(given: string, expected: string | null): Promise<boolean> {
  if (expected === null || expected === '') return false;
  const [left, right] = await Promise.all([digest(given), digest(expected)]);
  let difference = 0;
  for (let index = 0; index < left.length; index += 1) difference |= (left[index] ?? 0) ^ (right[index] ?? 0);
  return difference === 0 && left.length === right.length;
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}

function challenge(detail: string, parameters: string): Problem {
  return {
    kind: 'unauthenticated',
    detail,
    headers: { 'www-authenticate': `Bearer realm="cambist"${parameters}` },
  };
}
