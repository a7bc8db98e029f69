// What the issuer doctor answers (contract §5.1).

import { ISSUER_CHECKS, VERDICTS } from './issuer-port.ts';
import type { IssuerFinding, Verdict } from './issuer-port.ts';
import type { JsonObject } from '../token/json.ts';
import { arrayOf, object, oneOfTexts, orNull, string } from './json-schema.ts';

/** What the API answers. */
export interface IssuerCheckView {
  readonly identity: string;
  readonly providerIssuer: string;
  /** The worst of the checks'. */
  readonly verdict: Verdict;
  readonly checks: readonly IssuerFinding[];
}

/** For the reference. */
export const issuerCheckSchema: JsonObject = object({
  identity: string,
  providerIssuer: string,
  verdict: oneOfTexts(VERDICTS),
  checks: arrayOf(
    object({
      check: oneOfTexts(ISSUER_CHECKS),
      verdict: oneOfTexts(VERDICTS),
      detail: string,
      advice: orNull(string),
    }),
  ),
});
