// The table policy_version: what the rules are known by, and the condition that they are still those of some facts (contract §7).

import type { PolicyVersions } from '../exchange/ports.ts';

/** The scope of what belongs to the whole deployment: our keys, reserved audiences, organisations. */
export const DEPLOYMENT = "'deployment'";

/** A SELECT of the version of a scope, an SQL expression. */
export function versionOf(scope: string): string {
  return `(SELECT version FROM policy_version WHERE scope = ${scope})`;
}

/**
 * Holds if the rules of the organisation in the parameter `?owner`, and of the deployment, are of the versions in `?at` and the
 * next. A trigger changes these in the transaction of each change, so none can come between this and what the statement writes.
 */
export function policyHolds(owner: number, at: number): string {
  return `${versionOf(`?${owner}`)} = ?${at} AND ${versionOf(DEPLOYMENT)} = ?${at + 1}`;
}

/** The same for a refusal, which there also is if there is no organisation and so no version of one. */
export function policyHoldsIfAny(owner: number, at: number): string {
  return `(?${at} IS NULL OR ${versionOf(`?${owner}`)} = ?${at}) AND ${versionOf(DEPLOYMENT)} = ?${at + 1}`;
}

/** The values of these parameters. */
export function policyValues({ organisation, deployment }: PolicyVersions): readonly [string | null, string] {
  return [organisation, deployment];
}
