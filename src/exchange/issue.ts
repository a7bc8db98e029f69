// Issues the token of a grant: it is signed while its audit event is written, and leaves only after both (contract §3).

import type { Decision } from './decide.ts';
import type { Outcome } from './current-facts.ts';
import { issuedAt, tokenClaims } from './grant.ts';
import type { Grant } from './grant.ts';
import type { ExchangeDeps, ExchangeFacts, Verification } from './ports.ts';
import { shadowOf } from './record.ts';
import type { DescribeEvent } from './record.ts';
import type { ExchangeRequest } from './request.ts';
import { ok } from './result.ts';
import { alreadyUsed, singleUseOf } from './single-use.ts';

/** A token that may be handed out: its audit event is durable. */
export interface IssuedToken {
  readonly token: string;
  readonly grant: Grant;
}

/** Issues what was decided, if the rules are still those. Refuses if nothing can sign, or if the single use is lost to another request. */
export async function issueToken(
  request: ExchangeRequest,
  decision: Decision & { granted: true },
  describe: DescribeEvent,
  { signingKeys, provider, policy }: Pick<ExchangeFacts, 'signingKeys' | 'provider' | 'policy'>,
  { verified, fetched, stale }: Verification,
  deps: ExchangeDeps,
): Promise<Outcome<IssuedToken>> {
  const signer = await deps.signerFor(request.tokenType, signingKeys, request.now);
  if (!signer.ok) return signer;
  const { identity, upstream } = decision;
  const grant: Grant = {
    ...decision.narrowed,
    tokenType: request.tokenType,
    tokenId: deps.newTokenId(),
    issuedAt: issuedAt(request.now, [identity, identity.serviceAccount, provider]),
    organisationId: identity.organisationId,
    serviceAccount: identity.serviceAccount,
    project: request.project,
    accessCredentialId: null,
    workload: { federatedIdentityId: identity.id, issuer: verified.issuer, subject: verified.subject, upstream },
  };
  const parties = { serviceAccountId: identity.serviceAccount.id, federatedIdentityId: identity.id };
  const recording = deps.recordGrant({
    event: describe.granted({ ...parties, tokenId: grant.tokenId, detail: noteOf(decision.note, stale) }),
    singleUse: await singleUseOf(identity, verified),
    shadow: decision.shadow && describe.collapsing('shadow', shadowOf(decision.shadow)),
    fetched,
    policy,
  });
  // Signing needs nothing from the write and the write nothing from it; the token leaves only after both.
  const [recorded, signed] = await Promise.allSettled([recording, signer.value(tokenClaims(grant, deps.issuerUrl))]);
  if (recorded.status === 'rejected') throw recorded.reason;
  if (recorded.value === 'outdated') return 'outdated';
  if (recorded.value === 'already_used') {
    const replayed = alreadyUsed(identity);
    const { reason } = replayed;
    const { denialDetail } = await import('./denial-detail.ts');
    const refusal = describe.collapsing('refused', { ...parties, reason, detail: denialDetail(replayed) });
    const refused = await deps.recordRefusal({ ...refusal, fetched, policy });
    return refused === 'outdated' ? refused : { ok: false, error: replayed, isProven: true };
  }
  if (signed.status === 'rejected') throw signed.reason;
  return ok({ token: signed.value, grant });
}

function noteOf(note: string | null, stale: boolean): string | null {
  const notes = [note, stale ? 'the issuer is failing: its keys were used past their freshness' : null];
  return notes.filter((text) => text !== null).join('; ') || null;
}
