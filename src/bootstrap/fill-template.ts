// Fills the templates of a recipe with its variables; knows no platform.

import type { Variables } from '../platforms/look-up.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';

const PLACEHOLDER = /\{(?:(colon|pct|url|yaml) )?([a-z][a-z0-9-]*)\}/g;

const FILTERS: Readonly<Record<string, (value: string) => string>> = {
  colon: (value) => value.replaceAll(':', '%3A'),
  pct: (value) => value.replaceAll('%', '%25').replaceAll(':', '%3A'),
  url: encodeURIComponent,
  yaml: (value) => value.replaceAll("'", "''"),
};

/** The names that a template mentions. */
export function namesIn(template: string): readonly string[] {
  return [...template.matchAll(PLACEHOLDER)].map(([, , name]) => name ?? '');
}

/** The text with its parameters filled in; null if one of them was not given. */
export function fillOptional(template: string, variables: Variables): string | null {
  let isComplete = true;
  const text = template.replaceAll(PLACEHOLDER, (_, filter: string | undefined, name: string) => {
    const value = variables.get(name);
    if (value === undefined) isComplete = false;
    return filter === undefined ? (value ?? '') : (FILTERS[filter]?.(value ?? '') ?? '');
  });
  return isComplete ? text : null;
}

/** The text with its parameters filled in; throws if one is missing, which is a bug of the recipe. */
export function fill(template: string, variables: Variables): string {
  const text = fillOptional(template, variables);
  if (text === null) throw new Error(`the template "${template}" names something that is not known`);
  return text;
}

/** The object with its texts filled in; members whose parameters were not given are left out. */
export function fillObject(template: JsonObject, variables: Variables): JsonObject {
  return Object.fromEntries(
    Object.entries(template)
      .map(([name, value]) => [name, fillValue(value, variables)] as const)
      .filter((member): member is readonly [string, JsonValue] => member[1] !== undefined),
  );
}

function fillValue(value: JsonValue, variables: Variables): JsonValue | undefined {
  if (typeof value === 'string') return fillOptional(value, variables) ?? undefined;
  if (Array.isArray(value)) {
    const items = (value as readonly JsonValue[]).map((item) => fillValue(item, variables));
    const given = items.filter((item) => item !== undefined);
    return given.length === items.length ? given : undefined;
  }
  if (typeof value !== 'object' || value === null) return value;
  const members = fillObject(value as JsonObject, variables);
  return Object.keys(members).length === 0 && Object.keys(value).length > 0 ? undefined : members;
}

/** Fills a configuration; a placeholder that stands alone on a line keeps the line's indentation for all of its lines. */
export function fillIndented(template: string, variables: Variables): string {
  return template
    .split('\n')
    .map((line) => {
      const [, indentation, name] = /^( *)\{([a-z-]+)\}$/.exec(line) ?? [];
      const block = name === undefined ? undefined : variables.get(name);
      if (block === undefined) return line.replaceAll(PLACEHOLDER, (all) => fillOptional(all, variables) ?? all);
      return block
        .split('\n')
        .map((text) => (text === '' ? '' : `${indentation}${text}`))
        .join('\n');
    })
    .join('\n');
}
