// Reads the query of a list (contract §5: limit, cursor, filters) and names the next page; it selects nothing itself.

import { isIdentifier } from '../../objects/values.ts';
import type { ObjectDefinition } from '../../objects/definition.ts';
import type { ListFilter } from '../../objects/storage.ts';
import { MAX_LABEL_FILTERS, MAX_LIST_LIMIT } from '../limits.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import type { Fault, Problem } from '../problem.ts';
import { invalid, parameterFault } from './faults.ts';

/** What a list of such objects can be narrowed by, beside labels. */
export function filtersOf({ members, joins }: ObjectDefinition): readonly string[] {
  return [
    ...(Object.hasOwn(members, 'name') ? ['name', 'slug'] : []),
    'identity',
    ...(statusesOf({ members }).length > 0 ? ['status'] : []),
    ...Object.entries(joins).flatMap(([name, { filter }]) => (filter === undefined ? [] : [name])),
  ];
}

/** What the status of an object can read as; none if it has no status. */
export function statusesOf({ members }: Pick<ObjectDefinition, 'members'>): readonly string[] {
  const is = members['status']?.is;
  return is?.kind === 'oneOf' ? is.values : [];
}

/** The filter that a query asks for, or a 400 that names every parameter at fault: one ignored would list too much. */
export function readListRequest(url: URL, object: ObjectDefinition, now: number): Result<ListFilter, Problem> {
  const faults: Fault[] = [];
  const single = new Map<string, string>();
  const labels: { key: string; value: string }[] = [];
  const known = ['limit', 'cursor', ...filtersOf(object)];
  for (const [name, value] of url.searchParams) {
    const key = /^matchLabels\[(.+)\]$/su.exec(name)?.[1];
    if (key !== undefined) labels.push({ key, value });
    else if (!known.includes(name)) {
      faults.push(
        parameterFault(name, `is not a query parameter of this list; use ${known.join(', ')} or matchLabels[key]`),
      );
    } else if (single.has(name)) faults.push(parameterFault(name, 'must be given once'));
    else if (value === '') faults.push(parameterFault(name, 'must not be empty'));
    else single.set(name, value);
  }
  const limit = single.get('limit') ?? String(MAX_LIST_LIMIT);
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > MAX_LIST_LIMIT) {
    faults.push(parameterFault('limit', `must be a whole number from 1 to ${MAX_LIST_LIMIT}`));
  }
  const after = single.get('cursor') ?? null;
  if (after !== null && !isIdentifier(object.idPrefix, after)) {
    faults.push(parameterFault('cursor', 'must be taken from the link of an earlier answer'));
  }
  const status = single.get('status') ?? null;
  const statuses = statusesOf(object);
  if (status !== null && !statuses.includes(status)) {
    faults.push(parameterFault('status', `must be one of ${statuses.join(', ')}`));
  }
  if (labels.length > MAX_LABEL_FILTERS) {
    faults.push(parameterFault('matchLabels', `must be given at most ${MAX_LABEL_FILTERS} times`));
  }
  if (faults.length > 0) return refuse(invalid(faults));
  return ok({
    identity: single.get('identity') ?? null,
    name: single.get('name') ?? null,
    slug: single.get('slug') ?? null,
    status,
    serviceAccount: single.get('serviceAccount') ?? null,
    provider: single.get('provider') ?? null,
    labels,
    after,
    limit: Number(limit),
    now,
  });
}

/** The Link header of a page that others follow (RFC 8288): relative, so that no Host header is repeated. */
export function nextLink(url: URL, cursor: string): string {
  const parameters = new URLSearchParams(url.searchParams);
  parameters.set('cursor', cursor);
  return `<${url.pathname}?${parameters.toString()}>; rel="next"`;
}
