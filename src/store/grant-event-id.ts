// The id of a grant's audit event is the request's id in another spelling: most events are grants, and each index is a row more.

import { typeIdOf } from '../objects/typeid.ts';

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** The id that the grant of a request has, if it has one; null where no request of ours has this id. A request grants once. */
export function grantEventId(requestId: string): string | null {
  return UUID.test(requestId) ? typeIdOf('evt', requestId) : null;
}
