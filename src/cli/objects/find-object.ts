// Finds the one object that a person means by an id, a slug or a name; changes nothing.

import type { Api, JsonMap } from '../api.ts';
import { CliFailure } from '../failure.ts';
import { collectionOf, hasSlug } from './resources.ts';
import type { Resource } from './resources.ts';

/** The object; refuses if there is none, or if several have the name. */
export async function findObject(api: Api, resource: Resource, reference: string): Promise<JsonMap> {
  const { group } = resource;
  const { idPrefix, noun } = resource.object;
  const path = collectionOf(resource);
  if (new RegExp(`^${idPrefix}_[0-9a-z]{26}$`).test(reference)) return await api.get(`${path}/${reference}`);
  const found = [...(await api.list(path, { name: reference }))];
  if (found.length === 0 && hasSlug(resource)) found.push(...(await api.list(path, { slug: reference })));
  const [only] = found;
  if (only === undefined) {
    throw new CliFailure(`There is no ${noun} ${JSON.stringify(reference)}.`, {
      code: 'not_found',
      next: `\`cambist ${group} list\` shows what there is.`,
    });
  }
  if (found.length > 1) {
    throw new CliFailure(
      `${found.length} of the ${group} are called ${JSON.stringify(reference)}: name one by its id.`,
      {
        code: 'ambiguous',
        next: found.map(describe).join('\n'),
      },
    );
  }
  return only;
}

function describe(view: JsonMap): string {
  const { identity, serviceAccount } = view as { readonly identity?: unknown; readonly serviceAccount?: JsonMap };
  return `${String(identity)}${serviceAccount === undefined ? '' : `  of ${String(serviceAccount['name'])}`}`;
}

/** The path of one object of a kind. */
export function pathOf(resource: Resource, view: JsonMap): string {
  return `${collectionOf(resource)}/${String(view['identity'])}`;
}
