// The objects that a reference may name, as the options of a field; none if there are too many to choose from.

import type { JsonObject } from '../../token/json.ts';
import { objectsOf } from '../api.ts';
import { MAX_CHOICES } from '../limits.ts';
import type { PageContext } from '../page.ts';
import { ACCOUNT, PROVIDER } from './kind.ts';
import type { Choices } from './member-field.tsx';

/** The service accounts; empty if there are so many that a field asks for the identifier. */
export async function accountChoices(page: PageContext): Promise<Choices> {
  return choicesOf(page, ACCOUNT.api, ({ name, slug }) => `${String(name)} (${String(slug)})`);
}

/** The identity providers, likewise. */
export async function providerChoices(page: PageContext): Promise<Choices> {
  return choicesOf(page, PROVIDER.api, ({ name, providerIssuer }) => `${String(name)} (${String(providerIssuer)})`);
}

async function choicesOf(page: PageContext, path: string, label: (object: JsonObject) => string): Promise<Choices> {
  const listed = await page.api.read(path, { limit: String(MAX_CHOICES) });
  if (!listed.ok || listed.value.next !== null) return [];
  return objectsOf(listed.value).map((object) => [String(object['identity']), label(object)] as const);
}
