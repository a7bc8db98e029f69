// Asks the deployment what the account of a token may do, with that token, and remembers the answer briefly; decides nothing.

import { AccessTokenError } from './access-token-error.ts';
import type { AccessToken } from './access-token.ts';
import { fetchJson, membersOf } from './fetch-json.ts';
import type { Fetch, JsonAnswer } from './fetch-json.ts';
import {
  DEFAULT_PERMISSIONS_FRESH_SECONDS,
  MAX_PERMISSIONS_FRESH_SECONDS,
  MAX_REMEMBERED_PERMISSIONS,
} from './limits.ts';
import type { PermissionRule } from './requirements.ts';

export interface PermissionReader {
  /** The rules in effect for the token in a project; organisation-wide ones only for null. Throws AccessTokenError. */
  readonly read: (token: AccessToken, compact: string, project: string | null) => Promise<readonly PermissionRule[]>;
}

/** Makes a reader. Answers are remembered by token and project for `freshSeconds` (default 30, at most 300); refusals never. */
export function permissionReader(
  issuer: string,
  send: Fetch,
  freshSeconds: number = DEFAULT_PERMISSIONS_FRESH_SECONDS,
): PermissionReader {
  if (!(freshSeconds >= 0 && freshSeconds <= MAX_PERMISSIONS_FRESH_SECONDS)) {
    throw new TypeError(`permissionsFreshSeconds must be from 0 to ${MAX_PERMISSIONS_FRESH_SECONDS}`);
  }
  const remembered = new Map<string, { readonly rules: readonly PermissionRule[]; readonly untilMs: number }>();
  return {
    read: async (token, compact, project) => {
      // By the verified id, not by the text: two texts can be one token, and a text is a secret.
      const key = JSON.stringify([token.tokenId, project]);
      const known = remembered.get(key);
      if (known !== undefined && Date.now() < known.untilMs) return known.rules;
      remembered.delete(key);
      const rules = await ask(issuer, send, token, compact, project);
      const [oldest] = remembered.keys();
      if (remembered.size >= MAX_REMEMBERED_PERMISSIONS && oldest !== undefined) remembered.delete(oldest);
      remembered.set(key, { rules, untilMs: Date.now() + freshSeconds * 1000 });
      return rules;
    },
  };
}

async function ask(
  issuer: string,
  send: Fetch,
  token: AccessToken,
  compact: string,
  project: string | null,
): Promise<readonly PermissionRule[]> {
  // The deployment accepts only tokens that are meant for it too; to ask with another one would answer 401 and explain nothing.
  if (!token.audiences.includes(issuer)) throw notReadable(issuer);
  const query = project === null ? '' : `?project=${encodeURIComponent(project)}`;
  const answer = await fetchJson(send, `${issuer}/v1/me/permissions${query}`, {
    authorization: `Bearer ${compact}`,
  }).catch(() => null);
  if (answer === null) throw unavailable();
  if (answer.status === 401) {
    const description = 'the issuer of the token no longer accepts it; get a new one';
    throw new AccessTokenError('invalid_token', 'not_accepted_by_issuer', description);
  }
  if (answer.status === 403 || answer.status === 404) throw forbidden(issuer, answer);
  const rules = answer.status === 200 ? readRules(answer.json) : null;
  if (rules === null) throw unavailable();
  return rules;
}

/** Null unless every rule is understood: one that is skipped or guessed at could be the one that matters. */
function readRules(json: unknown): readonly PermissionRule[] | null {
  if (!Array.isArray(json)) return null;
  const rules: PermissionRule[] = [];
  for (const value of json) {
    const { resources, resourceIdentities, permissions } = membersOf(value) ?? {};
    if (!areTexts(resources) || !areTexts(resourceIdentities) || !areTexts(permissions)) return null;
    rules.push({ resources, resourceIdentities, permissions });
  }
  return rules;
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function notReadable(issuer: string): AccessTokenError {
  const description = `this API asks the issuer what the account of the token may do: get the token for the audience ${issuer} as well`;
  return new AccessTokenError('insufficient_scope', 'permissions_not_readable', description);
}

function forbidden(issuer: string, { headers }: JsonAnswer): AccessTokenError {
  const scope = /scope="([\w:. -]{1,200})"/.exec(headers.get('www-authenticate') ?? '')?.[1]?.split(' ') ?? [];
  const needed = scope.length === 0 ? '' : `; it needs the scope ${scope.join(' ')}`;
  const description = `${issuer} does not tell what the account of the token may do${needed}`;
  return new AccessTokenError('insufficient_scope', 'permissions_not_readable', description, scope);
}

function unavailable(): AccessTokenError {
  const description = 'what the account of the token may do cannot be asked at the moment; try again';
  return new AccessTokenError('temporarily_unavailable', 'issuer_unavailable', description);
}
