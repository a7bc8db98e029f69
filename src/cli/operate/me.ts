// The work of `cambist me`: who the credential is, and what it may do.

import type { JsonMap } from '../api.ts';
import type { CommandContext } from '../command.ts';
import { formatPairs, formatTable } from '../output.ts';
import { cellOf, textOf } from './values.ts';

/** Prints the caller, and the rules of its roles in a project. */
export async function runMe(context: CommandContext): Promise<void> {
  const { output, options } = context;
  const api = await context.api();
  const [me, permissions] = await Promise.all([
    api.get('/me'),
    api.get<readonly JsonMap[]>('/me/permissions', { project: options.text('project') }),
  ]);
  output.data({ ...me, permissions }, () => {
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
          textOf(cellOf(me, path)),
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
