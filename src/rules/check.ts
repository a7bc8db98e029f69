// Makes the verdict of one check; the same verdicts decide an exchange and explain it.

import type { JsonValue } from '../token/json.ts';

/** The verdict of one check of one identity; the same objects decide an exchange and explain it. */
export interface Check {
  readonly check: CheckName;
  readonly ok: boolean;
  /** The claim looked at, if the check looks at one. */
  readonly claim: string | null;
  readonly expected: JsonValue;
  readonly actual: JsonValue;
  /** What an operator should change, for the mistakes people really make. */
  readonly hint: string | null;
  /** Set exactly if `ok` is false. */
  readonly reason: CheckReason | null;
}

export type CheckName =
  | 'status'
  | 'audience'
  | 'subject'
  | 'preset'
  | 'condition'
  | 'expression'
  | 'scope'
  | 'token_audience'
  | 'project'
  | 'replay';

/** Why an identity did not accept a token, or not what was asked for with it. */
export type CheckReason =
  | 'service_account_inactive'
  | 'identity_inactive'
  | 'identity_revoked'
  | 'identity_expired'
  | 'rule_invalid'
  | 'audience_mismatch'
  | 'subject_mismatch'
  | 'tenant_missing'
  | 'preset_refused'
  | 'condition_failed'
  | 'expression_failed'
  | 'scope_not_allowed'
  | 'audience_not_allowed'
  | 'audience_required'
  | 'project_not_allowed'
  | 'token_already_used';

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

/**
 * A check that failed. The hint is worked out when it is first read and kept: of a hundred rules that refuse a token, at
 * most one is explained, and its hint, which tries the rule in several spellings, is read more than once.
 */
export function failed(
  check: CheckName,
  reason: CheckReason,
  { hint, ...seen }: Seen & { readonly hint?: () => string | null },
): Check {
  let found: string | null | undefined;
  return {
    ...NOTHING_SEEN,
    ...seen,
    check,
    ok: false,
    reason,
    get hint() {
      if (found === undefined) found = hint?.() ?? null;
      return found;
    },
  };
}
