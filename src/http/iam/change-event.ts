// The audit event of one request that changes something: who asked, when and from where; what changed is given.

import type { ChangeEvent } from '../../objects/storage.ts';
import type { IamRequest } from './deps.ts';

/**
 * Who audit events name: the caller, or the person who acts as it. An account's id or `root` alone is never a person, whatever an
 * issuer says that a person is called.
 */
export function recordedActor({ deps, caller }: Pick<IamRequest, 'deps' | 'caller'>): string {
  return deps.person === undefined ? caller.actor : `${deps.person} (${caller.actor})`;
}

/** The event of a request; what it refers to is null unless it is given. */
export function changeEvent(
  request: IamRequest,
  of: Pick<ChangeEvent, 'organisationId' | 'action' | 'changes'> & Partial<ChangeEvent>,
): ChangeEvent {
  const { deps, now, requestId, ip, isJudgement } = request;
  return {
    id: deps.newId('evt'),
    time: now,
    requestId,
    actor: recordedActor(request),
    serviceAccountId: null,
    federatedIdentityId: null,
    issuer: null,
    ip,
    isJudgement,
    ...of,
  };
}
