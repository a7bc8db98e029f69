// Reads the body of an IAM request as one JSON object, within the limits of size and depth; what its members mean is not decided here.

import { isJsonObject } from '../../core/json.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { MAX_BODY_BYTES, MAX_JSON_DEPTH } from '../../core/limits.ts';
import { ok, refuse } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import { readBody } from '../body.ts';
import type { Fault, Problem } from '../problem.ts';
import { fault, invalid } from './faults.ts';

/** The JSON object in the body, or 400, 413 or 415. */
export async function readJsonObject(request: Request): Promise<Result<JsonObject, Problem>> {
  const type = request.headers.get('content-type');
  if (type !== null && !/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) {
    return refuse(unsupported('send the body as application/json'));
  }
  const body = await readBody(request);
  if ('fault' in body) {
    if (body.fault === 'encoded') return refuse(unsupported('send the body without a content-encoding'));
    return refuse({ kind: 'too-large', detail: `the body must have at most ${MAX_BODY_BYTES} bytes` });
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body.bytes));
  } catch {
    return refuse(invalid([fault([], 'the body must be JSON in UTF-8')]));
  }
  if (!isJsonObject(value)) return refuse(invalid([fault([], 'the body must be a JSON object')]));
  const faults = unstorable(value);
  return faults.length > 0 ? refuse(invalid(faults)) : ok(value);
}

/** What would not come back from storage as it went in, found without recursion: the depth is the caller's. */
function unstorable(root: JsonObject): Fault[] {
  const faults: Fault[] = [];
  const open: { path: (string | number)[]; value: JsonValue }[] = [{ path: [], value: root }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { path, value } = next;
    if (typeof value === 'string') {
      if (!value.isWellFormed() || value.includes('\0')) faults.push(fault(path, 'must be Unicode text without NUL'));
    } else if (typeof value === 'object' && value !== null) {
      if (path.length >= MAX_JSON_DEPTH)
        return [fault(path.slice(0, 1), `must be nested at most ${MAX_JSON_DEPTH} deep`)];
      for (const [name, member] of Object.entries(value)) {
        if (name === '__proto__' || !name.isWellFormed() || name.includes('\0')) {
          faults.push(fault([...path, name], 'is not possible as the name of a member'));
        }
        open.push({ path: [...path, name], value: member });
      }
    }
  }
  return faults;
}

function unsupported(detail: string): Problem {
  return { kind: 'unsupported-media-type', detail };
}
