// What a JSON value is, and how a claim is found in it: own members only, by name or JSON Pointer (RFC 6901).

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

/** True for an object that is neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a claim by reference: a top-level name, or a JSON Pointer if the reference starts with `/`.
 * Names are never split at dots (`kubernetes.io` is one name). `undefined` when absent.
 */
export function readClaim(claims: JsonObject, reference: string): JsonValue | undefined {
  if (!reference.startsWith('/')) return ownMember(claims, reference);
  let value: JsonValue | undefined = claims;
  for (const token of reference.slice(1).split('/')) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(value))
      value = /^(?:0|[1-9]\d{0,5})$/.test(name) ? (value as JsonValue[])[Number(name)] : undefined;
    else value = isJsonObject(value) ? ownMember(value, name) : undefined;
    if (value === undefined) return undefined;
  }
  return value;
}

function ownMember(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
