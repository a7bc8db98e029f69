// GET /v1/audit-events and /v1/audit-events/{id} (contract §5.7): who got or changed what, newest first, also as NDJSON; read only.

import { auditEventSchema } from '../../objects/audit-event.ts';
import { auditEventView } from '../../objects/audit-event-view.ts';
import { arrayOf, dateTime, described, oneOfTexts, string } from '../../objects/json-schema.ts';
import { isIdentifier } from '../../objects/values.ts';
import { AUDIT_ACTIONS, AUDIT_OUTCOMES } from '../../objects/audit-log.ts';
import type { AuditFilter, AuditPage, ListedAuditEvent } from '../../objects/audit-log.ts';
import { MAX_AUDIT_EVENTS_SEARCHED } from '../../objects/limits.ts';
import { ok, refuse } from '../../exchange/result.ts';
import { cursorAfter, readAuditRequest } from './audit-request.ts';
import type { IamRequest, Operation } from './deps.ts';
import { shown } from './faults.ts';
import { listLimit } from './list-query.ts';
import { nextLink } from './list-request.ts';
import { noOrganisation } from './object-problems.ts';
import type { IamRoute } from './routing.ts';

type Answer = ReturnType<Operation>;

const NDJSON = 'application/x-ndjson';

async function listEvents(request: IamRequest): Answer {
  const asked = await readAuditRequest(request.url);
  if (!asked.ok) return asked;
  const { filter, isLimited } = asked.value;
  const page = await request.deps.store.audit.list(request.caller.organisation, filter);
  if (page.organisation === null) return refuse(noOrganisation(request));
  const asLines = wantsLines(request.raw.headers.get('accept'));
  if (asLines && !isLimited) {
    return ok({ status: 200, body: exportEvents(request, filter, page), headers: { 'content-type': NDJSON } });
  }
  const link = page.next === null ? {} : { link: nextLink(request.url, cursorAfter(page.next)) };
  return asLines
    ? ok({ status: 200, body: streamOf(only(page)), headers: { ...link, 'content-type': NDJSON } })
    : ok({ status: 200, body: page.events.map(auditEventView), headers: link });
}

async function readEvent(request: IamRequest): Answer {
  const { objectId } = request;
  const detail = `there is no audit event ${shown(objectId)} in this organisation`;
  if (!isIdentifier('evt', objectId)) return refuse({ kind: 'not-found', detail });
  const { organisation, events } = await request.deps.store.audit.read(request.caller.organisation, objectId);
  if (organisation === null) return refuse(noOrganisation(request));
  const [event] = events;
  return event === undefined ? refuse({ kind: 'not-found', detail }) : ok({ status: 200, body: auditEventView(event) });
}

/** True if the client prefers lines to an array; a list of types without NDJSON, or with JSON first, gets the array. */
function wantsLines(accept: string | null): boolean {
  const [first = ''] = (accept ?? '').toLowerCase().split(/[,;]/, 1);
  return first.trim() === NDJSON;
}

/** Every event that the filter leaves, a page at a time as the client reads; a failure cuts the transfer off. */
function exportEvents({ deps, caller }: IamRequest, filter: AuditFilter, first: AuditPage): ReadableStream<Uint8Array> {
  async function* pages(): AsyncGenerator<string> {
    let page = first;
    for (;;) {
      // Also if there are none: between two pages it is noticed that the client has left.
      yield lines(page.events);
      if (page.next === null) return;
      page = await deps.store.audit.list(caller.organisation, { ...filter, before: page.next });
    }
  }
  return streamOf(pages());
}

async function* only({ events }: AuditPage): AsyncGenerator<string> {
  yield lines(events);
}

function streamOf(source: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await source.next();
        if (next.done === true) controller.close();
        else controller.enqueue(encoder.encode(next.value));
      },
      async cancel() {
        await source.return(undefined);
      },
    },
    // Nothing is read from storage before somebody wants it.
    { highWaterMark: 0 },
  );
}

function lines(events: readonly ListedAuditEvent[]): string {
  return events.map((event) => `${JSON.stringify(auditEventView(event))}\n`).join('');
}

const query = {
  since: described(dateTime, 'Events at or after this time'),
  until: described(dateTime, 'Events before this time'),
  action: oneOfTexts(AUDIT_ACTIONS),
  outcome: oneOfTexts(AUDIT_OUTCOMES),
  serviceAccount: described(string, 'Id or slug of a service account'),
  federatedIdentity: described(string, 'Id of a federated identity'),
  issuer: string,
  subject: string,
  requestId: described(string, 'Of the event, or of the last equal refusal that it counts'),
  limit: listLimit,
  cursor: described(string, 'From the link of an earlier answer'),
};

export const auditEventRoutes: readonly IamRoute[] = [
  {
    scope: 'iam:read',
    operation: listEvents,
    config: {
      method: 'get',
      path: '/v1/audit-events',
      summary: 'List audit events, newest first',
      description: `With \`accept: application/x-ndjson\` the answer is one event per line; without \`limit\`, every event that the filters leave. A page searches at most ${MAX_AUDIT_EVENTS_SEARCHED} events by a filter, and reads a bounded number of archived objects, so it may have fewer than \`limit\`, or none, and still a \`link\` to the next.`,
      tag: 'audit event',
      query,
      answer: { description: 'The events', schema: arrayOf(auditEventSchema), alsoAs: NDJSON },
    },
  },
  {
    scope: 'iam:read',
    operation: readEvent,
    config: {
      method: 'get',
      path: '/v1/audit-events/{id}',
      summary: 'Read an audit event',
      tag: 'audit event',
      answer: { description: 'The event', schema: auditEventSchema },
    },
  },
];
