// What matching one token against the rules of an exchange has cost so far, all rules together, and whether that is too much (contract §7).

import { MAX_EXCHANGE_MATCHING_STEPS } from './limits.ts';

/** What a rule takes for the token, in steps of about a microsecond. */
export interface RuleCost {
  readonly id: string;
  readonly name: string;
  readonly steps: number;
}

/** Filled by everything that is about to be compared or evaluated and may take long. */
export interface MatchingBudget {
  readonly most: number;
  spent: number;
  readonly costs: Map<string, RuleCost>;
  /** True once something was left out, since it would have cost more than was left. */
  isExceeded: boolean;
}

/** A budget of which nothing is spent; that of an exchange, if no other is given. */
export function newMatchingBudget(most: number = MAX_EXCHANGE_MATCHING_STEPS): MatchingBudget {
  return { most, spent: 0, costs: new Map(), isExceeded: false };
}

/** Spends what a part of a rule takes; false if not as much is left, so that it may not be evaluated. */
export function spend(
  budget: MatchingBudget,
  { id, name }: { readonly id: string; readonly name: string },
  steps: number,
): boolean {
  budget.costs.set(id, { id, name, steps: (budget.costs.get(id)?.steps ?? 0) + steps });
  budget.spent += steps;
  budget.isExceeded ||= budget.spent > budget.most;
  return !budget.isExceeded;
}

/** Why a part of a rule was not evaluated, for the operator. */
export function overBudget({ most }: MatchingBudget, steps: number): string {
  return `it was not evaluated: it may take ${Math.ceil(steps)} steps for this token, and all rules of one exchange may take ${most}`;
}
