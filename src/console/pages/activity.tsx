// The activity of an organisation: its audit events, newest first, narrowed by the filters of the API.

import type { Child } from 'hono/jsx';
import { AUDIT_ACTIONS, AUDIT_OUTCOMES } from '../../objects/audit-log.ts';
import { objectsOf } from '../api.ts';
import { EVENTS_PER_PAGE } from '../limits.ts';
import { formStatus } from '../objects/object-pages.tsx';
import type { ConsolePage, PageContext, PageStatus } from '../page.ts';
import { EventTable } from '../parts/event-table.tsx';
import { faultOf, Field } from '../parts/form.tsx';
import { PageHead } from '../parts/layout.tsx';
import { ProblemNotice } from '../parts/notice.tsx';
import { NextPage } from '../parts/table.tsx';

const FILTERS = [
  'since',
  'until',
  'outcome',
  'action',
  'serviceAccount',
  'federatedIdentity',
  'issuer',
  'subject',
  'requestId',
] as const;
type Filter = (typeof FILTERS)[number];

async function showActivity({ api, url }: PageContext): Promise<{ readonly body: Child; readonly status: PageStatus }> {
  const asked = Object.fromEntries(FILTERS.map((name) => [name, url.searchParams.get(name)?.trim() ?? ''])) as Record<
    Filter,
    string
  >;
  const query = { ...asked, since: inUtc(asked.since), until: inUtc(asked.until) };
  const cursor = url.searchParams.get('cursor') ?? '';
  const answer = await api.read('/v1/audit-events', { ...query, cursor, limit: String(EVENTS_PER_PAGE) });
  const problem = answer.ok ? null : answer.error;
  const isNarrowed = Object.values(asked).some((value) => value !== '');
  const field = (name: Filter, label: string): Child => (
    <Field name={name} label={label} value={asked[name]} fault={faultOf(problem, name)} />
  );
  return {
    status: problem === null ? 200 : formStatus(problem),
    body: (
      <>
        <PageHead title="Activity" lead="Every decision and every change, newest first." />
        <form method="get" class="card" aria-label="Filters">
          <div class="filters">
            <Field name="outcome" label="Outcome" value={asked.outcome} options={choices(AUDIT_OUTCOMES)} />
            <Field name="action" label="Action" value={asked.action} options={choices(AUDIT_ACTIONS)} />
            {field('serviceAccount', 'Service account')}
            {field('requestId', 'Request id')}
            {field('subject', 'Subject')}
            {field('issuer', 'Issuer')}
            {field('federatedIdentity', 'Federated identity')}
            <Field
              name="since"
              label="Since (UTC)"
              type="datetime-local"
              value={asked.since}
              fault={faultOf(problem, 'since')}
            />
            <Field
              name="until"
              label="Until (UTC)"
              type="datetime-local"
              value={asked.until}
              fault={faultOf(problem, 'until')}
            />
          </div>
          <div class="row">
            <button type="submit" class="first">
              Filter
            </button>
            {isNarrowed ? <a href={url.pathname}>Show everything</a> : null}
          </div>
        </form>
        {problem === null ? null : <ProblemNotice problem={problem} title="These filters cannot be used" />}
        {answer.ok ? (
          <>
            <EventTable
              caption={isNarrowed ? 'Events that pass the filters' : 'Events'}
              events={objectsOf(answer.value)}
              empty={
                answer.value.next === null
                  ? 'Nothing passes these filters.'
                  : 'Nothing among the events that were searched so far; older ones may pass.'
              }
            />
            <NextPage url={url} cursor={answer.value.next} />
          </>
        ) : null}
      </>
    ),
  };
}

function choices(values: readonly string[]): readonly (readonly [string, string])[] {
  return [['', 'any'], ...values.map((value) => [value, value] as const)];
}

/** What a browser writes for a date and time, as RFC 3339 in UTC; anything else as it was typed, for the API to judge. */
function inUtc(value: string): string {
  const [, minutes, seconds = ':00'] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)?$/.exec(value) ?? [];
  return minutes === undefined ? value : `${minutes}${seconds}Z`;
}

/** `/console/activity`. */
export const activityPage: ConsolePage = {
  path: '/activity',
  title: 'Activity',
  navigation: 'Activity',
  needs: 'iam:read',
  show: showActivity,
};
