// `revoke-tokens` of service accounts and federated identities: ends every token that was issued so far.

import type { Command } from '../command.ts';
import { confirm, YES } from '../confirm.ts';
import { usageFailure } from '../failure.ts';
import { textOf } from '../output.ts';
import { findObject, pathOf } from './find-object.ts';
import { hasSlug } from './resources.ts';
import type { Resource } from './resources.ts';

/** The command for a kind of object. */
export function revokeTokensCommand(resource: Resource): Command {
  const { group, examples } = resource;
  const { noun } = resource.object;
  return {
    name: 'revoke-tokens',
    summary: `end every token of a ${noun} that was issued so far; asks first`,
    description: `Ends every token of a ${noun} that was issued so far, at introspection and in the API of the service at once. Tokens that are issued afterwards count. Verifiers that ask nobody accept the ended ones until they expire.`,
    options: [YES],
    arguments: [
      {
        name: `<${hasSlug(resource) ? 'id, slug or name' : 'id or name'}>`,
        description: `the ${noun}`,
        completes: group,
      },
    ],
    examples: [`cambist ${group} revoke-tokens ${examples.name} --yes`],
    run: async (context) => {
      const {
        api,
        output,
        arguments: [reference],
      } = context;
      if (reference === undefined || reference === '') throw usageFailure(`Which ${noun}?`);
      const view = await findObject(await api(), resource, reference);
      const named = `${noun} ${String(view['name'])} (${String(view['identity'])})`;
      if (!(await confirm(`End every token of the ${named}?`, context))) {
        output.line('Nothing was ended.');
        return 1;
      }
      const after = await (await api()).post(`${pathOf(resource, view)}/revoke-tokens`);
      output.data(after, () => {
        const mark = output.paint('green', '✔');
        output.line(
          `${mark} The tokens of the ${named} issued before ${textOf(after['tokensNotBefore'])} count no more.`,
        );
      });
      return 0;
    },
  };
}
