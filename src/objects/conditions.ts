// How claims are matched by the conditions of a federated identity (contract §5.3); rules/conditions.ts judges and compiles them.

export type ConditionScalar = string | number | boolean;
/** How one claim is matched. */
export type ConditionMatcher =
  | ConditionScalar
  | readonly ConditionScalar[]
  | { readonly glob: string }
  | { readonly anyOf: readonly ConditionScalar[] }
  | { readonly allOf: readonly ConditionScalar[] }
  | { readonly containsAll: readonly ConditionScalar[] }
  | { readonly not: ConditionScalar | readonly ConditionScalar[] }
  | { readonly exists: boolean };
export type Conditions = { readonly [claim: string]: ConditionMatcher };
