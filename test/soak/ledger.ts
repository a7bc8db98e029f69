// Keeps what every request of the soak was answered and compares it with what the service wrote down; sends nothing.

import type { Answer, AuditEvent } from './service.ts';

/** What an exchange must come to. */
export type Outcome =
  | { readonly kind: 'granted' }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly error: string;
      readonly reason: string;
      /** Refusals of verified tokens are events; others are only logged (contract §5.7). */
      readonly isStored: boolean;
    };

export const GRANTED: Outcome = { kind: 'granted' };

/** A refusal of a verified token. */
export function refusedByRule(reason: string, error = 'invalid_request'): Outcome {
  return { kind: 'refused', status: 400, error, reason, isStored: true };
}

/** A refusal of a token that could not be verified. */
export function unverifiable(reason: string): Outcome {
  return { kind: 'refused', status: 400, error: 'invalid_request', reason, isStored: false };
}

/** The outcome for a token whose key an issuer that is down has not told us. */
export const KEYS_UNAVAILABLE: Outcome = {
  kind: 'refused',
  status: 503,
  error: 'temporarily_unavailable',
  reason: 'keys_unavailable',
  isStored: false,
};

export interface Ledger {
  /** Books an answer against the outcomes that are right for it, of which there are two only while a rule changes; the one it is, or null. */
  readonly book: (
    what: string,
    answer: Answer,
    right: readonly Outcome[],
    jti: string,
    tokenId: string | null,
  ) => Outcome | null;
  /** Books something that must not happen. */
  readonly fault: (text: string) => void;
  readonly faults: readonly string[];
  readonly grants: () => number;
  readonly refusals: () => number;
  /** Refusals by reason. */
  readonly byReason: ReadonlyMap<string, number>;
  /** Server errors that were provoked. */
  readonly provoked: () => number;
  /** Books every difference between the answers, the audit log and the decision log. */
  readonly reconcile: (events: readonly AuditEvent[], loggedReasons: ReadonlyMap<string, string>) => Reconciled;
}

export interface Reconciled {
  readonly grantedEvents: number;
  /** Rows of refusals, and how many refusals they count. */
  readonly refusalRows: number;
  readonly refusalsCounted: number;
}

/** An empty ledger. */
export function createLedger(): Ledger {
  const faults: string[] = [];
  const grants = new Map<string, { readonly requestId: string; readonly jti: string }>();
  const refusals = new Map<string, Outcome & { readonly kind: 'refused' }>();
  const byReason = new Map<string, number>();
  const stored = new Map<string, number>();
  const fault = (text: string): void => void faults.push(text);
  const add = (counts: Map<string, number>, key: string, count: number): void =>
    void counts.set(key, (counts.get(key) ?? 0) + count);
  let provoked = 0;

  return {
    faults,
    fault,
    byReason,
    grants: () => grants.size,
    refusals: () => refusals.size,
    provoked: () => provoked,
    book: (what, { status, requestId, body }, right, jti, tokenId) => {
      const outcome = right.find((one) =>
        one.kind === 'granted' ? status === 200 : status === one.status && body['error'] === one.error,
      );
      if (outcome === undefined) {
        const said = status === 200 ? '' : ` ${JSON.stringify(body)}`;
        fault(`${what}: expected ${right.map(describe).join(' or ')}, got ${status}${said}`);
        return null;
      }
      if (outcome.kind === 'granted') {
        if (tokenId === null || grants.has(tokenId)) fault(`${what}: the token has no id of its own: ${tokenId}`);
        grants.set(tokenId ?? '', { requestId, jti });
        return outcome;
      }
      refusals.set(requestId, outcome);
      add(byReason, outcome.reason, 1);
      if (outcome.isStored) add(stored, outcome.reason, 1);
      if (status >= 500) provoked += 1;
      return outcome;
    },
    reconcile: (events, loggedReasons) => {
      const granted = events.filter(({ outcome }) => outcome === 'granted');
      const seen = new Set<string>();
      for (const { tokenId, requestId, claims } of granted) {
        const grant = grants.get(tokenId ?? '');
        if (grant === undefined) fault(`audited but not received: ${tokenId}`);
        else if (grant.requestId !== requestId || grant.jti !== claims?.jti) fault(`audited as another's: ${tokenId}`);
        if (seen.has(tokenId ?? '')) fault(`audited twice: ${tokenId}`);
        seen.add(tokenId ?? '');
      }
      for (const tokenId of grants.keys()) if (!seen.has(tokenId)) fault(`granted but not audited: ${tokenId}`);

      const refused = events.filter(({ outcome }) => outcome === 'refused');
      const counted = new Map<string, number>();
      for (const { reason, count } of refused) add(counted, reason ?? '', count);
      for (const reason of new Set([...counted.keys(), ...stored.keys()])) {
        const [inLog, received] = [counted.get(reason) ?? 0, stored.get(reason) ?? 0];
        if (inLog !== received)
          fault(`refusals for ${reason}: the audit log counts ${inLog}, answered were ${received}`);
      }
      for (const [requestId, { reason }] of refusals) {
        const logged = loggedReasons.get(requestId) ?? 'nothing';
        if (logged !== reason) fault(`request ${requestId}: the log says ${logged}, expected was ${reason}`);
      }
      return {
        grantedEvents: granted.length,
        refusalRows: refused.length,
        refusalsCounted: refused.reduce((sum, { count }) => sum + count, 0),
      };
    },
  };
}

function describe(outcome: Outcome): string {
  return outcome.kind === 'granted' ? 'a grant' : `${outcome.status} ${outcome.error} (${outcome.reason})`;
}
