// The checks of verifying a token, as an explanation shows them: which was made, which failed, and which was not reached.

import type { Denial, DenialReason } from './denial.ts';
import { denialDetail } from './denial-detail.ts';

/** In the order in which they are made. */
export const VERIFICATION_CHECKS = [
  'decode',
  'issuer',
  'provider',
  'header',
  'keys',
  'signature',
  'times',
  'subject',
] as const;
export type VerificationStep = (typeof VERIFICATION_CHECKS)[number];

export interface VerificationCheck {
  readonly check: VerificationStep;
  /** Null if it was not made. */
  readonly ok: boolean | null;
  readonly detail: string | null;
}

/** `ok` is null for bare claims, of which nothing is verified. */
export interface VerificationReport {
  readonly ok: boolean | null;
  readonly checks: readonly VerificationCheck[];
}

/** The report of a token that no provider could verify, since this step failed. */
export function failedAt(step: VerificationStep, denial: Denial, isToken: boolean): VerificationReport {
  return { ok: false, checks: checksUpTo(step, denialDetail(denial), isToken) };
}

/** The report of a token (or bare claims) with a provider; `denial` is null if nothing failed. */
export function verificationReport(denial: Denial | null, isToken: boolean): VerificationReport {
  if (denial !== null) return failedAt(stepOf(denial.reason), denial, isToken);
  const isOk = (check: VerificationStep): boolean | null => (isToken || STEPS_OF_CLAIMS.includes(check) ? true : null);
  return {
    ok: isToken ? true : null,
    checks: VERIFICATION_CHECKS.map((check) => ({
      check,
      ok: isOk(check),
      detail: isOk(check) === null ? NOT_OF_CLAIMS : null,
    })),
  };
}

/** The only ones that can be made of claims without a token. */
const STEPS_OF_CLAIMS: readonly VerificationStep[] = ['issuer', 'provider', 'subject'];
const NOT_OF_CLAIMS = 'not checked: claims were given, not a token';

function checksUpTo(failed: VerificationStep, detail: string, isToken: boolean): VerificationCheck[] {
  const at = VERIFICATION_CHECKS.indexOf(failed);
  return VERIFICATION_CHECKS.map((check, index) => {
    if (!isToken && !STEPS_OF_CLAIMS.includes(check)) return { check, ok: null, detail: NOT_OF_CLAIMS };
    if (index === at) return { check, ok: false, detail };
    return index < at
      ? { check, ok: true, detail: null }
      : { check, ok: null, detail: `not checked, because of ${failed}` };
  });
}

/** Which step of verifying refuses for this reason. */
const STEPS: Partial<Record<DenialReason, VerificationStep>> = {
  provider_inactive: 'provider',
  issuer_not_registered: 'provider',
  algorithm_not_allowed: 'header',
  kid_missing: 'header',
  token_type_not_accepted: 'header',
  keys_unavailable: 'keys',
  unknown_kid: 'keys',
  key_not_usable: 'keys',
  signature_invalid: 'signature',
  time_claim_invalid: 'times',
  token_expired: 'times',
  token_not_yet_valid: 'times',
  token_lifetime_too_long: 'times',
  subject_missing: 'subject',
};

function stepOf(reason: DenialReason): VerificationStep {
  const step = STEPS[reason];
  if (step === undefined) throw new Error(`verifying does not refuse with ${reason}`);
  return step;
}
