// Who administers the deployment, and what its audit log says of the last hour.

import type { Api, JsonMap } from '../api.ts';
import { collectionOf, IDENTITIES } from '../objects/resources.ts';
import type { Tell } from './finding.ts';

/** Whether somebody could administer the deployment without the root token, which is for that reason optional. */
export async function checkAdministrators(api: Api, isRoot: boolean, tell: Tell): Promise<void> {
  const identities = await api.list(collectionOf(IDENTITIES));
  const admins = identities.filter(
    ({ allowedScopes, status, mode }) =>
      status === 'active' && mode === 'enforce' && Array.isArray(allowedScopes) && allowedScopes.includes('iam:admin'),
  );
  const [first] = admins;
  if (first === undefined) {
    const detail = isRoot ? 'the root token alone' : 'no federated identity may administer this organisation';
    const advice =
      'Let a pipeline administer it without a secret: `cambist bootstrap github --repository acme/admin --scope iam:admin`, with your repository.';
    return tell('administrators', 'ok', detail, isRoot ? advice : null);
  }
  const others = admins.length === 1 ? '' : ` and ${admins.length - 1} more`;
  tell(
    'administrators',
    'ok',
    `${String(first['name'])}${others}`,
    isRoot ? 'The root token is not needed any more: `npx wrangler secret delete ADMIN_TOKEN`.' : null,
  );
}

/** What was refused in the last hour, and why most often. */
export async function checkAudit(api: Api, now: Date, tell: Tell): Promise<void> {
  const sinceHours = (hours: number): string => new Date(now.getTime() - hours * 3_600_000).toISOString();
  const refusals = await api.list<JsonMap>('/audit-events', { since: sinceHours(1), outcome: 'refused' }, 500);
  // Of a day: older ones may be archived, and what is wrong with the archive is not said here.
  const [newest] =
    refusals.length > 0 ? refusals : await api.list<JsonMap>('/audit-events', { since: sinceHours(24) }, 1);
  if (newest === undefined) return tell('audit', 'ok', 'no event within a day');
  if (refusals.length === 0)
    return tell('audit', 'ok', `nothing was refused in the last hour; last event ${String(newest['time'])}`);
  const reasons = new Map<string, number>();
  for (const { reason, count } of refusals) {
    const name = String(reason);
    reasons.set(name, (reasons.get(name) ?? 0) + (typeof count === 'number' ? count : 1));
  }
  const [most] = [...reasons].toSorted((one, other) => other[1] - one[1]);
  const total = [...reasons.values()].reduce((sum, count) => sum + count, 0);
  tell(
    'audit',
    'ok',
    `${total} refused in the last hour, most for ${most?.[0] ?? ''}`,
    `\`cambist explain --request-id ${String(newest['requestId'])}\` says why the last one was.`,
  );
}
