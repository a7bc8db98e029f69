// What one check of a proposed rule is, and when it says that the rule is wrong.

export interface Check {
  readonly who: string;
  readonly expected: 'granted' | 'refused';
  readonly decision: 'granted' | 'refused';
  /** The checks that failed, and what would help. */
  readonly reasons: readonly { readonly check: string; readonly claim: string | null; readonly hint: string | null }[];
  readonly detail: string | null;
  /** False if the rule is not what was wrong: the token's age, its audience or its signature. */
  readonly isOfRule: boolean;
}

/** Who a real token is that the rule was made from. */
export const THIS_TOKEN = 'this token';

/** True if somebody who is meant is kept out by the rule. */
export function keepsOut({ who, expected, decision, isOfRule }: Check): boolean {
  return expected === 'granted' && decision === 'refused' && (who !== THIS_TOKEN || isOfRule);
}

/** True if a neighbour gets in that nobody said may. */
export function letsIn({ who, expected, decision }: Check, allowed: readonly string[]): boolean {
  return expected === 'refused' && decision === 'granted' && !allowed.includes(who);
}
