// Makes the verdict of one check; the same verdicts decide an exchange and explain it.

import type { JsonValue } from '../token/json.ts';
import type { Check, CheckName, CheckReason } from '../objects/model.ts';

interface Seen {
  readonly claim?: string;
  readonly expected?: JsonValue;
  readonly actual?: JsonValue;
}

const NOTHING_SEEN = { claim: null, expected: null, actual: null };

/** A check that passed; its hint says what an operator should know all the same. */
export function passed(check: CheckName, { hint = null, ...seen }: Seen & { readonly hint?: string | null }): Check {
  return { ...NOTHING_SEEN, ...seen, check, ok: true, reason: null, hint };
}

/** A check that failed. The hint is worked out when it is read: of a hundred rules that refuse a token, at most one is explained. */
export function failed(
  check: CheckName,
  reason: CheckReason,
  { hint, ...seen }: Seen & { readonly hint?: () => string | null },
): Check {
  return {
    ...NOTHING_SEEN,
    ...seen,
    check,
    ok: false,
    reason,
    get hint() {
      return hint?.() ?? null;
    },
  };
}
