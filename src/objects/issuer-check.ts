// What the issuer doctor answers (contract §5.1).

import * as z from 'zod/mini';

import { ISSUER_CHECKS, VERDICTS } from './issuer-port.ts';
import type { IssuerFinding, Verdict } from './issuer-port.ts';

/** What the API answers. */
export interface IssuerCheckView {
  readonly identity: string;
  readonly providerIssuer: string;
  /** The worst of the checks'. */
  readonly verdict: Verdict;
  readonly checks: readonly IssuerFinding[];
}

/** For the reference. */
export const issuerCheckSchema: z.ZodMiniType = z.object({
  identity: z.string(),
  providerIssuer: z.string(),
  verdict: z.enum(VERDICTS),
  checks: z.array(
    z.object({
      check: z.enum(ISSUER_CHECKS),
      verdict: z.enum(VERDICTS),
      detail: z.string(),
      advice: z.nullable(z.string()),
    }),
  ),
});
