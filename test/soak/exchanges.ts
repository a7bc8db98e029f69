// Sends one attempt, judges the answer and what the token says, and keeps what later rounds look at again.

import { decodeJwt, decodeProtectedHeader } from 'jose';

import type { SigningLife } from './signing-life.ts';

import type { Ledger, Outcome } from './ledger.ts';
import type { Service } from './service.ts';
import type { Attempt, UsedToken } from './traffic.ts';
import type { Verifiers } from './verifiers.ts';

export interface Exchanger {
  /** Sends it; the token where one was granted. */
  readonly send: (attempt: Attempt) => Promise<string | null>;
  /** A single-use token that was exchanged and is still valid at `now`, another one each time. */
  readonly used: (now: number) => UsedToken | undefined;
}

const MAX_USED_TOKENS = 400;
/** One token of so many is looked at again in every later round until it expires. */
const KEEP_ONE_OF = 40;

/** Makes it; `clock` tells the simulated time. */
export function createExchanger(
  service: Service,
  ledger: Ledger,
  verifiers: Verifiers,
  signing: SigningLife,
  clock: () => number,
): Exchanger {
  const usedTokens: UsedToken[] = [];
  let granted = 0;
  let replays = 0;

  const judge = async (attempt: Attempt, token: string, versionBefore: number): Promise<void> => {
    const { kid = '', alg = '' } = decodeProtectedHeader(token);
    const { exp = 0, sub } = decodeJwt(token);
    if (sub !== attempt.form['service_account_id']) ledger.fault(`${attempt.kind}: the token is for ${sub}`);
    if (signing.version === versionBefore && versionBefore % 2 === 0 && signing.active.get(alg) !== kid) {
      ledger.fault(`${attempt.kind}: signed with ${kid}, which is not the active key`);
    }
    const knowing = verifiers.knowing(kid);
    if (knowing < verifiers.count) {
      ledger.fault(`${attempt.kind}: ${verifiers.count - knowing} verifiers do not know ${kid}`);
    }
    const wrong = await verifiers.verify(token, attempt.audience, clock());
    if (wrong !== null) ledger.fault(`${attempt.kind}: a verifier refuses it: ${wrong}`);
    granted += 1;
    if (granted % KEEP_ONE_OF === 0 || attempt.kind === 'long') signing.keep({ kid, expiresAt: exp });
  };

  return {
    send: async (attempt) => {
      const versionBefore = signing.version;
      const answer = await service.post('/oidc/token', attempt.form);
      const token = typeof answer.body['access_token'] === 'string' ? answer.body['access_token'] : null;
      const tokenId = token === null ? null : String(decodeJwt(token).jti);
      const outcome = ledger.book(attempt.kind, answer, rightFor(attempt), attempt.jti, tokenId);
      if (token === null || outcome?.kind !== 'granted') return null;
      if (attempt.kind === 'once') {
        const { form, jti } = attempt;
        usedTokens.push({ form, jti, expiresAt: Number(decodeJwt(form['subject_token'] ?? '').exp) });
        if (usedTokens.length > MAX_USED_TOKENS) usedTokens.shift();
      }
      await judge(attempt, token, versionBefore);
      return token;
    },
    used: (now) => {
      while ((usedTokens[0]?.expiresAt ?? Infinity) <= now) usedTokens.shift();
      replays += 1;
      return usedTokens[(replays * 7) % Math.max(1, usedTokens.length)];
    },
  };
}

/** While a rule changes, and for what was on its way then, both are right. */
function rightFor({ outcome, change }: Attempt): readonly Outcome[] {
  if (change === undefined) return [outcome];
  const { of, off, version } = change;
  if (of.version !== version || version % 2 === 1) return [outcome, off];
  return [of.isOn ? outcome : off];
}
