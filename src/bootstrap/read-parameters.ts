// Reads a recipe's parameters from what was said, then from a real token, then from the defaults; tells what does not fit.

import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import { readClaim } from '../token/json.ts';
import type { JsonObject } from '../token/json.ts';
import type { Variables } from '../platforms/look-up.ts';
import type { Recipe, RecipeParameter, RecipeVariant } from '../platforms/recipe.ts';

/** What is wrong with a value that was said. */
export interface ParameterFault {
  readonly name: string;
  /** What follows the parameter's name in a sentence. */
  readonly detail: string;
  /** The parameter that such a value belongs to, and the value there. */
  readonly belongsTo?: readonly [name: string, value: string];
}

/** What was given for each parameter, which of it only a token said, and what cannot be used. */
export interface Given {
  readonly values: Variables;
  readonly fromToken: ReadonlySet<string>;
  /** What a token said and cannot be used: sentences that call a parameter `--name`. */
  readonly dropped: readonly string[];
  readonly faults: readonly ParameterFault[];
  readonly missing: readonly RecipeParameter[];
}

/**
 * Reads every parameter of the recipe. `said` answers with what was said for one, `true` for a flag, undefined for nothing;
 * `claims` are those of a real token. Throws a PlatformFailure if spellings contradict each other.
 */
export function readParameters(
  recipe: Recipe,
  said: (parameter: RecipeParameter) => string | undefined,
  claims: JsonObject | null,
): Given {
  const values = new Map<string, string>();
  const fromToken = new Set<string>();
  const dropped: string[] = [];
  const faults: ParameterFault[] = [];
  const missing: RecipeParameter[] = [];
  for (const parameter of recipe.parameters) {
    const { name } = parameter;
    const value = said(parameter);
    if (value !== undefined) {
      const bare = withoutRefPrefix(name, value);
      const fault = typeof bare === 'string' ? valueFault(parameter, bare, false) : null;
      if (typeof bare !== 'string') faults.push(bare);
      else if (fault !== null) faults.push({ name, detail: fault });
      else values.set(name, bare);
      continue;
    }
    const read = claims === null ? undefined : readFromToken(parameter, claims);
    const fault = read === undefined ? null : valueFault(parameter, read, true);
    if (fault !== null)
      dropped.push(`The token says ${JSON.stringify(read)} for --${name}, which was left out: it ${fault}.`);
    if (read !== undefined && fault === null) {
      values.set(name, parameter.value === null ? 'true' : read);
      fromToken.add(name);
    } else if (parameter.default !== undefined) values.set(name, parameter.default);
    else if (parameter.required === true) missing.push(parameter);
  }
  const isWhole = faults.length === 0 && missing.length === 0;
  return { values: isWhole ? (recipe.normalise?.(values) ?? values) : values, fromToken, dropped, faults, missing };
}

/** The name of a branch or tag; platforms give it to jobs as a whole ref, too (GITHUB_REF). */
function withoutRefPrefix(name: string, value: string): string | ParameterFault {
  if (name !== 'branch' && name !== 'tag') return value;
  const [own, other] = name === 'branch' ? ['refs/heads/', 'refs/tags/'] : ['refs/tags/', 'refs/heads/'];
  if (value.startsWith(other)) {
    const meant = name === 'branch' ? 'tag' : 'branch';
    return { name, detail: `${JSON.stringify(value)} is a ${meant}`, belongsTo: [meant, value.slice(other.length)] };
  }
  if (value.startsWith(own)) return value.slice(own.length);
  if (/^refs\/(?:pull|merge-requests|pull-requests)\//.test(value))
    return { name, detail: `${JSON.stringify(value)} is the ref of one pull request, not a ${name}` };
  return value;
}

// A line break would leave its place in the printed configuration.
const BREAKING = /[\p{Cc}\u2028\u2029]/u;

/** Why a value cannot be used; null if it can. What a real token says may hold quotes if the configuration quotes it. */
function valueFault(
  { pattern, mayGlob, mayQuote }: RecipeParameter,
  value: string,
  isFromToken: boolean,
): string | null {
  const isQuoted = isFromToken && mayQuote === true && !value.includes('${{');
  if (value === '' || BREAKING.test(value) || (!isQuoted && /['"`$\\]/.test(value)))
    return 'must not be empty or hold quotes, "$", backslashes or control characters';
  if (value.includes('*') && (isFromToken || mayGlob !== true))
    return `is taken literally, and ${JSON.stringify(value)} holds a "*"`;
  if (pattern !== undefined && !new RegExp(`^(?:${pattern[0]})$`).test(value))
    return `must be ${pattern[1]}, not ${JSON.stringify(value)}`;
  return null;
}

/** What the token says, judged by nobody yet. */
function readFromToken({ from }: RecipeParameter, claims: JsonObject): string | undefined {
  for (const { claim, pattern } of from === undefined ? [] : [from].flat()) {
    const value = readClaim(claims, claim);
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    const found = pattern === undefined ? String(value) : new RegExp(pattern, 's').exec(String(value))?.[1];
    if (found !== undefined && found !== '') return found;
  }
  return undefined;
}

/** Why no variant is selected. */
export type VariantFault =
  | { readonly kind: 'none'; readonly selectors: readonly string[] }
  | { readonly kind: 'clash'; readonly name: string; readonly chosen: readonly string[] };

/** The variant that the parameters select; what only a token said gives way to it, what the user said must fit. */
export function selectVariant(
  recipe: Recipe,
  { values, fromToken }: Pick<Given, 'values' | 'fromToken'>,
): Result<{ readonly variant: RecipeVariant; readonly values: Variables }, VariantFault> {
  const selectors = [...new Set(recipe.variants.flatMap(({ needs }) => needs))];
  const variant = recipe.variants.find(({ needs }) => needs.every((name) => values.has(name)));
  if (variant === undefined) return refuse({ kind: 'none', selectors });
  const fitting = [...variant.needs, ...(variant.allows ?? [])];
  const other = selectors.filter((name) => values.has(name) && !fitting.includes(name));
  const clash = other.find((name) => !fromToken.has(name));
  if (clash !== undefined) return refuse({ kind: 'clash', name: clash, chosen: variant.needs });
  return ok({ variant, values: new Map([...values].filter(([name]) => !other.includes(name))) });
}
