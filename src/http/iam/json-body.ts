// Reads the body of an IAM request as one JSON object, within the limits of size and depth; what its members mean is not decided here.

import { isJsonObject } from '../../token/json.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { MAX_BODY_BYTES } from '../../objects/limits.ts';
import { MAX_JSON_DEPTH } from '../../token/limits.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import { parseStrictJson } from '../../token/strict-json.ts';
import { readBody } from '../body.ts';
import type { Fault, Problem } from '../problem.ts';
import { fault, invalid, shown } from './faults.ts';

interface BodyOptions {
  /** Stands for a body that is not there, if that is allowed. */
  readonly whereEmpty?: JsonObject;
  /** The body holds claims, in which numbers beyond 2^53 are read as those of a token are. */
  readonly holdsClaims?: boolean;
}

/** The JSON object in the body, or 400, 413 or 415. */
export async function readJsonObject(
  request: Request,
  { whereEmpty, holdsClaims = false }: BodyOptions = {},
): Promise<Result<JsonObject, Problem>> {
  const body = await readBody(request);
  if ('fault' in body) {
    if (body.fault === 'encoded') return refuse(unsupported('send the body without a content-encoding'));
    return refuse({ kind: 'too-large', detail: `the body must have at most ${MAX_BODY_BYTES} bytes` });
  }
  if (whereEmpty !== undefined && body.bytes.length === 0) return ok(whereEmpty);
  const type = request.headers.get('content-type');
  if (type !== null && !/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) {
    return refuse(unsupported('send the body as application/json'));
  }
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(type ?? '')?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    return refuse(unsupported(`send the body in UTF-8 (RFC 8259 §8.1), not in ${shown(charset)}`));
  }
  const largeNumbers = holdsClaims ? 'text' : 'rounded';
  const parsed = parseStrictJson(body.bytes, { maxDepth: MAX_JSON_DEPTH, largeNumbers });
  if (!parsed.ok) return refuse(invalid([fault([], `the body must be JSON in UTF-8, but ${parsed.error}`)]));
  const { value } = parsed;
  if (!isJsonObject(value)) return refuse(invalid([fault([], `the body must be a JSON object, not ${kindOf(value)}`)]));
  const faults = unstorable(value);
  return faults.length > 0 ? refuse(invalid(faults)) : ok(value);
}

/** What would not come back from storage as it went in. */
function unstorable(value: JsonValue, path: readonly (string | number)[] = []): Fault[] {
  if (typeof value === 'string') return value.includes('\0') ? [fault(path, 'must not contain NUL')] : [];
  if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER)
    return [fault(path, 'is too large for a JSON number to be exact; an identifier is written as a string')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]: [string, JsonValue]) => {
    const here = [...path, name];
    if (name === '__proto__' || name.includes('\0')) return [fault(here, 'is not possible as a name')];
    return unstorable(member, here);
  });
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value === 'string' ? 'text' : typeof value}`;
}

function unsupported(detail: string): Problem {
  return { kind: 'unsupported-media-type', detail };
}
