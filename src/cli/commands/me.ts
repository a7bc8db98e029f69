// `cambist me`: who the credential is, and what it may do.

import type { JsonMap } from '../api.ts';
import type { CommandBody, CommandContext } from '../command.ts';
import { cellOf, formatPairs, formatTable, textOf } from '../output.ts';

export const meCommand: CommandBody = {
  description:
    'Prints the service account, the organisation and the scopes of the credential, and the rules of its roles.',
  options: [{ flags: '--project <id>', description: 'with the roles that count in this project' }],
  arguments: [],
  examples: ['cambist me', 'cambist me --project shop'],
  run: me,
};

/** Prints the caller, and the rules of its roles in a project. */
async function me(context: CommandContext): Promise<void> {
  const { output, options } = context;
  const api = await context.api();
  const [caller, permissions] = await Promise.all([
    api.get('/me'),
    api.get<readonly JsonMap[]>('/me/permissions', { project: options.text('project') }),
  ]);
  output.data({ ...caller, permissions }, () => {
    const pairs = [
      'kind',
      'actor',
      'organisation.slug',
      'serviceAccount.name',
      'scopes',
      'token.expiresAt',
      'token.project',
    ];
    const shown = pairs.map(
      (path) =>
        [
          path.split('.')[0] === 'token' ? path.replace('token.', '') : (path.split('.')[0] ?? ''),
          textOf(cellOf(caller, path)),
        ] as const,
    );
    output.line(formatPairs(shown.filter(([, value]) => value !== '–')));
    if (permissions.length === 0) return;
    output.line();
    const row = (view: JsonMap): string[] =>
      ['role.slug', 'permissions', 'resources', 'resourceIdentities'].map((path) => cellOf(view, path) || 'all');
    output.line(formatTable(['ROLE', 'MAY', 'RESOURCES', 'ONLY'], permissions.map(row)));
  });
}
