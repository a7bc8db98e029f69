// The audit event of one request that changes something: who asked, when and from where; what changed is given.

import type { ChangeEvent } from '../../objects/storage.ts';
import type { IamRequest } from './deps.ts';

/** The event of a request; what it refers to is null unless it is given. */
export function changeEvent(
  { deps, now, requestId, caller, ip, isJudgement }: IamRequest,
  of: Pick<ChangeEvent, 'organisationId' | 'action' | 'changes'> & Partial<ChangeEvent>,
): ChangeEvent {
  return {
    id: deps.newId('evt'),
    time: now,
    requestId,
    actor: caller.actor,
    serviceAccountId: null,
    federatedIdentityId: null,
    issuer: null,
    ip,
    isJudgement,
    ...of,
  };
}
