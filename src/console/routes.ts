// Which page a path is; it knows no session.

import type { ConsolePage } from './page.ts';

/** Where the console is. */
export const ROOT_PATH = '/console';

/** A page with the parameters of its path. */
export interface Route {
  readonly page: ConsolePage;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The page at a path as it is written; null if there is none. A page without a parameter comes before one with it. */
export function routeTo(pages: readonly ConsolePage[], path: string): Route | null {
  const found = pages.flatMap((page) => {
    const parameters = parametersOf(`${ROOT_PATH}${page.path}`, path);
    return parameters === null ? [] : [{ page, parameters }];
  });
  return found.find(({ parameters }) => Object.keys(parameters).length === 0) ?? found[0] ?? null;
}

function parametersOf(pattern: string, path: string): Record<string, string> | null {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return null;
  const parameters: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    const value = given[at] ?? '';
    if (!part.startsWith(':')) {
      if (part !== value) return null;
    } else {
      const decoded = decodedSegment(value);
      if (decoded === null || decoded === '') return null;
      parameters[part.slice(1)] = decoded;
    }
  }
  return parameters;
}

function decodedSegment(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}

/** Where a rule is made; a query fills the form in, by member. */
export const NEW_RULE_PATH = '/console/trust/new';
/** Where events are listed, and below it each of them. */
export const ACTIVITY_PATH = '/console/activity';
