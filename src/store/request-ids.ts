// What a request id tells: the id of its grant's audit event, and when it was made; each index less is a row less to write.

import { typeIdOf } from '../objects/typeid.ts';

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;
/** Hexadecimal digits of the milliseconds that a UUIDv7 begins with (RFC 9562 §5.7). */
const TIME_DIGITS = 12;

/** The id that the grant of a request has, if it has one; null if no request of ours has this id. A request grants once. */
export function grantEventId(requestId: string): string | null {
  return UUID.test(requestId) ? typeIdOf('evt', requestId) : null;
}

/** A text before which, in order, all ids of requests made before `seconds` (epoch) stand, and none of a later one. */
export function requestIdAt(seconds: number): string {
  return requestIdAtMs(seconds * 1000);
}

/** The same for so many milliseconds after, or before, the request with this id was made. */
export function requestIdNear(requestId: string, milliseconds: number): string {
  const made = Number.parseInt(requestId.replaceAll('-', '').slice(0, TIME_DIGITS), 16);
  return requestIdAtMs((Number.isNaN(made) ? 0 : made) + milliseconds);
}

function requestIdAtMs(milliseconds: number): string {
  const digits = Math.max(0, milliseconds).toString(16).padStart(TIME_DIGITS, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}`;
}
