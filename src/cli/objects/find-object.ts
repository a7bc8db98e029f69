// Finds the one object that a person means by an id, a slug or a name; changes nothing.

import type { Api, JsonMap } from '../api.ts';
import { CliFailure } from '../failure.ts';
import type { ResourceDescription } from './resources.ts';

/** The object; refuses where there is none, or where several have the name. */
export async function findObject(api: Api, resource: ResourceDescription, reference: string): Promise<JsonMap> {
  const { path, idPrefix, noun, group, hasSlug } = resource;
  if (new RegExp(`^${idPrefix}_[0-9a-z]{26}$`).test(reference)) return await api.get(`${path}/${reference}`);
  const found = [...(await api.list(path, { name: reference }))];
  if (found.length === 0 && hasSlug) found.push(...(await api.list(path, { slug: reference })));
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
export function pathOf({ path }: ResourceDescription, view: JsonMap): string {
  return `${path}/${String(view['identity'])}`;
}
