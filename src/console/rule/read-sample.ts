// Whose claims a rule is tried on: those that were pasted, or those of a pasted token, which the API verifies first.

import { decodeToken } from '../../token/decode.ts';
import { isJsonObject } from '../../token/json.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { MAX_JSON_DEPTH } from '../../token/limits.ts';
import { parseStrictJson } from '../../token/strict-json.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import { objectOf } from '../api.ts';
import type { PageContext } from '../page.ts';

/** A check of a token, before any rule is looked at. */
export interface Verified {
  readonly check: string;
  readonly isOk: boolean;
  readonly detail: string;
}

export interface Sampled {
  readonly claims: JsonObject;
  /** Empty if claims were pasted, which count as verified. */
  readonly verification: readonly Verified[];
}

/** The claims to try; null if nothing was pasted. The refusal says what is wrong with it. */
export async function readSample(
  page: Pick<PageContext, 'api'>,
  form: URLSearchParams,
): Promise<Result<Sampled, string> | null> {
  const token = form.get('subjectToken')?.trim() ?? '';
  const claims = form.get('testClaims')?.trim() ?? '';
  if (token !== '') return readToken(page, token);
  if (claims === '') return null;
  // As the claims of a token are read: large numbers are identifiers, and stay exact.
  const parsed = parseStrictJson(claims, { maxDepth: MAX_JSON_DEPTH, largeNumbers: 'text' });
  if (!parsed.ok) return refuse(`the claims are not JSON: ${parsed.error}`);
  return isJsonObject(parsed.value)
    ? ok({ claims: parsed.value, verification: [] })
    : refuse('claims are an object such as {"sub": "…"}');
}

async function readToken({ api }: Pick<PageContext, 'api'>, token: string): Promise<Result<Sampled, string>> {
  const decoded = decodeToken(token);
  if (!decoded.ok) return refuse(decoded.error.message);
  const explained = await api.write('POST', '/v1/federated-identities/explain', { subjectToken: token });
  if (!explained.ok) return refuse(explained.error.detail);
  const { verification } = objectOf(explained.value);
  const checks = verification !== undefined && isJsonObject(verification) ? verification['checks'] : [];
  return ok({
    claims: decoded.value.claims,
    verification: (Array.isArray(checks) ? (checks as readonly JsonValue[]) : [])
      .filter(isJsonObject)
      .map(({ check, ok: isOk, detail }) => ({
        check: String(check),
        isOk: isOk === true,
        detail: String(detail ?? ''),
      })),
  });
}
