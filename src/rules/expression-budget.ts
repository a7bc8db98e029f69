// What the expressions of one exchange have cost so far, all rules together, and whether that is too much (contract §7).

import { MAX_EXCHANGE_EXPRESSION_STEPS } from './limits.ts';

/** What one rule's expression costs for the token, in steps of about a microsecond. */
export interface ExpressionCost {
  readonly id: string;
  readonly name: string;
  readonly steps: number;
}

/** Filled by each expression that is about to be evaluated. */
export interface ExpressionBudget {
  readonly costs: ExpressionCost[];
  /** True once an expression was left out, since it would have cost more than was left. */
  isExceeded: boolean;
}

/** A budget of which nothing is spent. */
export function newExpressionBudget(): ExpressionBudget {
  return { costs: [], isExceeded: false };
}

/** Spends the steps of a rule's expression; false if there are not as many left, so that it may not be evaluated. */
export function spend(
  budget: ExpressionBudget,
  { id, name }: { readonly id: string; readonly name: string },
  steps: number,
): boolean {
  budget.costs.push({ id, name, steps });
  const spent = budget.costs.reduce((sum, cost) => sum + cost.steps, 0);
  budget.isExceeded ||= spent > MAX_EXCHANGE_EXPRESSION_STEPS;
  return !budget.isExceeded;
}
