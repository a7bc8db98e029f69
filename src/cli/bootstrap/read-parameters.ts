// Reads a recipe's parameters from the command line, then from a real token, then from the defaults; refuses what does not fit.

import { readClaim } from '../../token/json.ts';
import type { JsonObject } from '../../token/json.ts';
import type { Recipe, RecipeParameter, RecipeVariant } from '../../platforms/recipe.ts';
import type { OptionReader } from '../command.ts';
import { usageFailure } from '../failure.ts';

/** What was given for each parameter, and which of it only a token said. */
export interface Given {
  readonly values: ReadonlyMap<string, string>;
  readonly fromToken: ReadonlySet<string>;
}

/** Reads every parameter of the recipe; `claims` are those of the token of `--from-token`. */
export function readParameters(recipe: Recipe, options: OptionReader, claims: JsonObject | null): Given {
  const values = new Map<string, string>();
  const fromToken = new Set<string>();
  const missing: string[] = [];
  for (const parameter of recipe.parameters) {
    const { name } = parameter;
    const said = parameter.value === null ? (options.flag(name) ? 'true' : undefined) : options.text(name);
    if (said !== undefined) {
      checkValue(parameter, said);
      values.set(name, said);
      continue;
    }
    const read = claims === null ? undefined : readFromToken(parameter, claims);
    if (read !== undefined) {
      values.set(name, read);
      fromToken.add(name);
    } else if (parameter.default !== undefined) values.set(name, parameter.default);
    else if (parameter.required === true) missing.push(`--${name} <${parameter.value ?? ''}>`);
  }
  if (missing.length > 0) {
    throw usageFailure(
      `Missing: ${missing.join(', ')}.`,
      claims === null
        ? `Or give a real ID token with --from-token FILE. \`cambist bootstrap ${recipe.preset} --help\` explains each.`
        : 'The token does not say it.',
    );
  }
  return { values, fromToken };
}

function checkValue({ name, pattern, mayGlob }: RecipeParameter, value: string): void {
  // eslint-disable-next-line no-control-regex -- a line break would leave its place in the printed configuration
  if (value === '' || /[\u0000-\u001f\u007f'"`$\\]/.test(value))
    throw usageFailure(`--${name} must not be empty or hold quotes, "$", backslashes or control characters.`);
  if (value.includes('*') && mayGlob !== true)
    throw usageFailure(`--${name} is taken literally, and ${JSON.stringify(value)} holds a "*".`);
  if (pattern !== undefined && !new RegExp(`^(?:${pattern[0]})$`).test(value))
    throw usageFailure(`--${name} must be ${pattern[1]}, not ${JSON.stringify(value)}.`);
}

function readFromToken({ from, pattern, value }: RecipeParameter, claims: JsonObject): string | undefined {
  if (from === undefined) return undefined;
  const claim = readClaim(claims, from.claim);
  if (typeof claim !== 'string' && typeof claim !== 'number') return undefined;
  const text = String(claim);
  const found = from.pattern === undefined ? text : new RegExp(from.pattern).exec(text)?.[1];
  if (found === undefined || found === '' || /[*'"`$\\\n]/.test(found)) return undefined;
  if (pattern !== undefined && !new RegExp(`^(?:${pattern[0]})$`).test(found)) return undefined;
  return value === null ? 'true' : found;
}

/** The variant that the parameters select; what only a token said gives way to it, what the user said must fit. */
export function selectVariant(
  recipe: Recipe,
  { values, fromToken }: Given,
): { readonly variant: RecipeVariant; readonly values: ReadonlyMap<string, string> } {
  const selectors = [...new Set(recipe.variants.flatMap(({ needs }) => needs))];
  const variant = recipe.variants.find(({ needs }) => needs.every((name) => values.has(name)));
  if (variant === undefined) {
    throw usageFailure(
      `Which ones may get in? Give ${selectors.map((name) => `--${name}`).join(' or ')}.`,
      `\`cambist bootstrap ${recipe.preset} --help\` explains each.`,
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
