// GET /v1/audit-archive and /v1/audit-archive/{sequence} (contract §5.7): the chain of archived audit events, for whoever verifies it.

import type { ArchiveEntry, ArchiveEntryView } from '../../objects/audit-archive.ts';
import {
  arrayOf,
  dateTime,
  described,
  integer,
  object,
  oneOfTexts,
  orNull,
  string,
} from '../../objects/json-schema.ts';
import { formatTimestamp } from '../../objects/values.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import { MAX_LIST_LIMIT } from '../limits.ts';
import type { Fault, Problem } from '../problem.ts';
import type { IamRequest, Operation } from './deps.ts';
import { invalid, parameterFault, shown } from './faults.ts';
import { listLimit } from './list-query.ts';
import { nextLink } from './list-request.ts';
import { noOrganisation } from './object-problems.ts';
import type { IamRoute } from './routing.ts';

type Answer = ReturnType<Operation>;

const GZIP = 'application/gzip';

async function listEntries(request: IamRequest): Answer {
  const asked = readPage(request.url);
  if (!asked.ok) return asked;
  const { after, limit } = asked.value;
  const { organisation, entries, hasMore } = await request.deps.store.archive.list(
    request.caller.organisation,
    after,
    limit,
  );
  if (organisation === null) return refuse(noOrganisation(request));
  const last = entries.at(-1);
  const headers = hasMore && last !== undefined ? { link: nextLink(request.url, String(last.sequence)) } : {};
  return ok({ status: 200, body: entries.map(entryView), headers });
}

async function readObject(request: IamRequest): Answer {
  const { objectId } = request;
  const detail = `there is no archived object ${shown(objectId)} in this organisation`;
  if (!/^[1-9]\d{0,9}$/.test(objectId)) return refuse({ kind: 'not-found', detail });
  const { organisation, entry, body } = await request.deps.store.archive.open(
    request.caller.organisation,
    Number(objectId),
  );
  if (organisation === null) return refuse(noOrganisation(request));
  if (entry === null) return refuse({ kind: 'not-found', detail });
  if (entry.isRemoved) return refuse({ kind: 'not-found', detail: `${detail}: it was deleted past its retention` });
  if (body === null) return refuse({ kind: 'not-found', detail: `the archived object ${objectId} is missing from R2` });
  return ok({ status: 200, body, headers: { 'content-type': GZIP } });
}

function readPage(url: URL): Result<{ readonly after: number; readonly limit: number }, Problem> {
  const faults: Fault[] = [];
  for (const name of new Set(url.searchParams.keys()))
    if (!['limit', 'cursor'].includes(name))
      faults.push(parameterFault(name, 'is not a query parameter of this list; use limit, cursor'));
    else if (url.searchParams.getAll(name).length > 1) faults.push(parameterFault(name, 'must be given once'));
  const { limit = String(MAX_LIST_LIMIT), cursor = '0' } = Object.fromEntries(url.searchParams);
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > MAX_LIST_LIMIT)
    faults.push(parameterFault('limit', `must be a whole number from 1 to ${MAX_LIST_LIMIT}`));
  if (!/^\d{1,10}$/.test(cursor))
    faults.push(parameterFault('cursor', 'must be taken from the link of an earlier answer'));
  return faults.length > 0 ? refuse(invalid(faults)) : ok({ after: Number(cursor), limit: Number(limit) });
}

function entryView(entry: ArchiveEntry): ArchiveEntryView {
  const { sequence, sha256, previous, bytes, events, first, last, archivedAt, isRemoved } = entry;
  return {
    sequence,
    status: isRemoved ? 'removed' : 'kept',
    sha256,
    previous,
    bytes,
    events,
    firstEventAt: formatTimestamp(first.time),
    lastEventAt: formatTimestamp(last.time),
    archivedAt: formatTimestamp(archivedAt),
  };
}

const hash = described(string, 'SHA-256 of the object as it is stored, in hexadecimal');
const entrySchema = object({
  sequence: described(integer, 'Its place in the chain, from 1'),
  status: described(oneOfTexts(['kept', 'removed']), '`removed`: deleted past its retention; what the next one names'),
  sha256: hash,
  previous: described(orNull(string), 'The `sha256` of the one before, which stands in its first line, too'),
  bytes: integer,
  events: integer,
  firstEventAt: dateTime,
  lastEventAt: dateTime,
  archivedAt: dateTime,
});

export const auditArchiveRoutes: readonly IamRoute[] = [
  {
    scope: 'iam:read',
    operation: listEntries,
    config: {
      method: 'get',
      path: '/v1/audit-archive',
      summary: 'List the archived objects of audit events, oldest first',
      description:
        'Each holds events that have left D1, and names the hash of the one before. An organisation of which nothing was archived has none. `cambist audit verify` reads them all and works out every hash itself.',
      tag: 'archived object',
      query: { limit: listLimit, cursor: described(string, 'From the link of an earlier answer') },
      answer: { description: 'The objects', schema: arrayOf(entrySchema) },
    },
  },
  {
    scope: 'iam:read',
    operation: readObject,
    config: {
      method: 'get',
      path: '/v1/audit-archive/{sequence}',
      summary: 'Download an archived object, as it is stored',
      description:
        'NDJSON, compressed with gzip. The first line says which object it is and names the hash of the one before; each other line is an event as the list answers it, oldest first, with the further `requests` of a counted one. Answers 404 if the object is missing.',
      tag: 'archived object',
      answer: { description: 'The object', alsoAs: GZIP },
    },
    own: 'sequence',
  },
];
