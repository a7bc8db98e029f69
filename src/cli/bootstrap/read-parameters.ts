// Reads a recipe's parameters from the command line, then from a real token, then from the defaults; refuses what does not fit.

import { readClaim } from '../../token/json.ts';
import type { JsonObject } from '../../token/json.ts';
import { PlatformFailure } from '../../platforms/failure.ts';
import type { Variables } from '../../platforms/look-up.ts';
import type { Recipe, RecipeParameter, RecipeVariant } from '../../platforms/recipe.ts';
import type { OptionReader } from '../command.ts';
import { usageFailure } from '../failure.ts';

/** What was given for each parameter, which of it only a token said, and what of the token could not be used. */
export interface Given {
  readonly values: Variables;
  readonly fromToken: ReadonlySet<string>;
  /** Sentences. */
  readonly dropped: readonly string[];
}

/** Reads every parameter of the recipe; `claims` are those of the token of `--from-token`. */
export function readParameters(recipe: Recipe, options: OptionReader, claims: JsonObject | null): Given {
  const values = new Map<string, string>();
  const fromToken = new Set<string>();
  const dropped: string[] = [];
  const missing: string[] = [];
  for (const parameter of recipe.parameters) {
    const { name } = parameter;
    const said = parameter.value === null ? (options.flag(name) ? 'true' : undefined) : options.text(name);
    if (said !== undefined) {
      const value = withoutRefPrefix(name, said);
      const fault = valueFault(parameter, value, false);
      if (fault !== null) throw usageFailure(`--${name} ${fault}.`);
      values.set(name, value);
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
    else if (parameter.required === true) missing.push(`--${name} <${parameter.value ?? ''}>`);
  }
  if (missing.length > 0) {
    throw usageFailure(
      `Missing: ${missing.join(', ')}.`,
      claims === null
        ? `Or give a real ID token with --from-token FILE. \`cambist bootstrap ${recipe.preset} --help\` explains each.`
        : ['The token does not say it.', ...dropped].join('\n'),
    );
  }
  return { values: normalised(recipe, values), fromToken, dropped };
}

function normalised(recipe: Recipe, values: Variables): Variables {
  try {
    return recipe.normalise?.(values) ?? values;
  } catch (error) {
    throw error instanceof PlatformFailure ? usageFailure(error.message, error.next) : error;
  }
}

/** The name of a branch or tag; platforms give it to jobs as a whole ref, too (GITHUB_REF). */
function withoutRefPrefix(name: string, value: string): string {
  if (name !== 'branch' && name !== 'tag') return value;
  const [own, other] = name === 'branch' ? ['refs/heads/', 'refs/tags/'] : ['refs/tags/', 'refs/heads/'];
  if (value.startsWith(other)) {
    const meant = name === 'branch' ? 'tag' : 'branch';
    throw usageFailure(
      `--${name} ${JSON.stringify(value)} is a ${meant}.`,
      `Give --${meant} ${JSON.stringify(value.slice(other.length))}.`,
    );
  }
  if (value.startsWith(own)) return value.slice(own.length);
  if (/^refs\/(?:pull|merge-requests|pull-requests)\//.test(value))
    throw usageFailure(`--${name} ${JSON.stringify(value)} is the ref of one pull request, not a ${name}.`);
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

/** The variant that the parameters select; what only a token said gives way to it, what the user said must fit. */
export function selectVariant(
  recipe: Recipe,
  { values, fromToken, dropped }: Given,
): { readonly variant: RecipeVariant; readonly values: Variables } {
  const selectors = [...new Set(recipe.variants.flatMap(({ needs }) => needs))];
  const variant = recipe.variants.find(({ needs }) => needs.every((name) => values.has(name)));
  if (variant === undefined) {
    throw usageFailure(
      `Which ones may get in? Give ${selectors.map((name) => `--${name}`).join(' or ')}.`,
      [...dropped, `\`cambist bootstrap ${recipe.preset} --help\` explains each.`].join('\n'),
    );
  }
  const fitting = [...variant.needs, ...(variant.allows ?? [])];
  const other = selectors.filter((name) => values.has(name) && !fitting.includes(name));
  const clash = other.find((name) => !fromToken.has(name));
  if (clash !== undefined) {
    throw usageFailure(
      `--${clash} does not go together with ${variant.needs.map((name) => `--${name}`).join(' and ')}.`,
      'Run the command once for each.',
    );
  }
  return { variant, values: new Map([...values].filter(([name]) => !other.includes(name))) };
}
