// Generates docs/openapi.json and, from it, docs/api.md: the reference of every path; knows no path itself.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openApiDocument } from '../src/http/reference/document.ts';
import type { JsonObject } from '../src/token/json.ts';
import { renderReference } from './api-reference.ts';
import { ROOT } from './local/bundle.ts';
import { withExamples } from './with-examples.ts';

/** The reference with every example, as it is committed; a deployment serves it without, for the weight of the Worker. */
export function referenceWithExamples(issuerUrl: string | null): JsonObject {
  return withExamples(openApiDocument(issuerUrl));
}

/** The generated files and what they must say. */
export function apiReference(): Readonly<Record<string, string>> {
  const document = referenceWithExamples(null);
  return {
    'docs/openapi.json': `${JSON.stringify(document, null, 2)}\n`,
    'docs/api.md': renderReference(document),
  };
}

/** Writes them, or with `check` only compares them; the names of those that are out of date. */
export function writeApiReference(check: boolean): string[] {
  return Object.entries(apiReference()).flatMap(([file, text]) => {
    const path = join(ROOT, file);
    if (!check) writeFileSync(path, text);
    return readText(path) === text ? [] : [file];
  });
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
