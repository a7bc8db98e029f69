// The overview: what needs attention, grants and refusals over time, and what happened last.

import type { Child } from 'hono/jsx';
import type { Activity, ActivityStep } from '../../objects/activity.ts';
import type { JsonObject } from '../../token/json.ts';
import { objectsOf, textOf } from '../api.ts';
import type { Finding } from '../deps.ts';
import { OLD_KEY_DAYS, RECENT_EVENTS } from '../limits.ts';
import type { ConsolePage, PageContext } from '../page.ts';
import { ActivityChart, Bars } from '../parts/chart.tsx';
import type { ChartStep } from '../parts/chart.tsx';
import { EventTable } from '../parts/event-table.tsx';
import { PageHead } from '../parts/layout.tsx';
import { Notice, ProblemNotice } from '../parts/notice.tsx';
import { Table } from '../parts/table.tsx';
import { ago, Code, Quoted, State, Time } from '../parts/text.tsx';
import { ACTIVITY_PATH } from '../routes.ts';

const HOUR = 3_600;
const DAY = 86_400;

interface Span {
  readonly name: string;
  readonly title: string;
  readonly stepSeconds: number;
  readonly steps: number;
}

const SPANS: readonly [Span, ...Span[]] = [
  { name: '24h', title: 'the last 24 hours', stepSeconds: HOUR, steps: 24 },
  { name: '7d', title: 'the last 7 days', stepSeconds: 6 * HOUR, steps: 28 },
];

async function showOverview(page: PageContext): Promise<{ readonly body: Child }> {
  const { api, deps, me, now, url } = page;
  const span = SPANS.find(({ name }) => name === url.searchParams.get('span')) ?? SPANS[0];
  // Steps begin at whole ones, and the last one is not over yet.
  const since = (Math.floor(now / span.stepSeconds) - span.steps + 1) * span.stepSeconds;
  const [activity, findings, keys, recent] = await Promise.all([
    deps.readActivity(me.organisation.identity, { since, stepSeconds: span.stepSeconds, steps: span.steps }),
    deps.findings(),
    api.read('/v1/signing-keys'),
    api.read('/v1/audit-events', { limit: String(RECENT_EVENTS) }),
  ]);
  const known = keys.ok ? objectsOf(keys.value) : [];
  const steps = activity.steps.map((step) => chartStep(step, span));
  const sum = (of: (step: ChartStep) => number): number => steps.reduce((total, step) => total + of(step), 0);
  const isMore = steps.some((step) => step.isMore);
  return {
    body: (
      <>
        <PageHead title="Overview" lead={`What happened in ${span.title}, by UTC.`}>
          {SPANS.map(({ name, title }) => (
            <a class="button" href={`/console?span=${name}`} aria-current={name === span.name ? 'true' : undefined}>
              {title.replace('the last', 'Last')}
            </a>
          ))}
        </PageHead>
        <Attention findings={[...findings.faults, ...findings.warnings]} activity={activity} keys={known} now={now} />
        <div class="grid">
          <Figure name="Tokens granted" value={sum(({ granted }) => granted)} isMore={isMore} />
          <Figure name="Refused" value={sum(({ refused }) => refused)} isMore={isMore} tone="bad" />
          <Figure name="Granted by shadow rules, if enforced" value={sumOf(activity.steps, 'shadow')} isMore={false} />
          <Figure name="Changes" value={sumOf(activity.steps, 'success')} isMore={false} />
        </div>
        <section class="card" aria-labelledby="over-time">
          <h2 id="over-time">Grants and refusals</h2>
          <ActivityChart title={`Grants and refusals in ${span.title}`} steps={steps} />
        </section>
        <div class="grid wide">
          <section class="card" aria-labelledby="reasons">
            <h2 id="reasons">Refusals by reason</h2>
            {activity.reasons.length === 0 ? (
              <p class="soft">Nothing was refused.</p>
            ) : (
              <>
                <Bars of={activity.reasons.map(({ reason, total }) => ({ name: <Code text={reason} />, total }))} />
                <p class="small soft">
                  Of the newest refusals, up to a thousand different ones. Equal ones count each.
                </p>
              </>
            )}
          </section>
          {keys.ok ? <Keys keys={known} now={now} /> : null}
        </div>
        {recent.ok ? (
          <section class="stack" aria-labelledby="recent">
            <h2 id="recent">What happened last</h2>
            <EventTable
              caption="The newest events"
              events={objectsOf(recent.value)}
              empty="Nothing has happened yet."
            />
            <p>
              <a href={ACTIVITY_PATH}>All activity</a>
            </p>
          </section>
        ) : (
          <ProblemNotice problem={recent.error} />
        )}
      </>
    ),
  };
}

/** What an operator should do something about; one sentence that all is well if there is nothing. */
function Attention({
  findings,
  activity,
  keys,
  now,
}: {
  readonly findings: readonly Finding[];
  readonly activity: Activity;
  readonly keys: readonly JsonObject[];
  readonly now: number;
}): Child {
  const old = keys.filter((key) => key['status'] === 'active' && ageOf(key, now) > OLD_KEY_DAYS * DAY);
  if (findings.length + activity.failing.length + old.length === 0) {
    return <Notice tone="good" title="Nothing needs your attention." />;
  }
  return (
    <Notice tone="warn" title="This needs your attention">
      <ul>
        {findings.map(({ detail }) => (
          <li>
            <Quoted text={detail} />
          </li>
        ))}
        {activity.failing.map(({ name, error }) => (
          <li>
            The keys of the identity provider{' '}
            <b>
              <Quoted text={name} />
            </b>{' '}
            could not be fetched: <Quoted text={error} />
          </li>
        ))}
        {old.map((key) => (
          <li>
            The signing key <Code text={textOf(key, 'kid')} /> has been signing for more than {OLD_KEY_DAYS} days:
            rotate it.
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function Figure({
  name,
  value,
  isMore,
  tone = '',
}: {
  readonly name: string;
  readonly value: number;
  readonly isMore: boolean;
  readonly tone?: 'bad' | '';
}): Child {
  return (
    <div class="card">
      <p class="soft small">{name}</p>
      <p class={`figure ${value === 0 ? '' : tone}`}>
        {value.toLocaleString('en')}
        {isMore ? <span class="soft small"> or more</span> : null}
      </p>
    </div>
  );
}

function Keys({ keys, now }: { readonly keys: readonly JsonObject[]; readonly now: number }): Child {
  const shown = keys.filter((key) => key['status'] !== 'revoked');
  return (
    <section class="card" aria-labelledby="keys">
      <h2 id="keys">Signing keys</h2>
      <Table
        caption="Keys that sign or may be verified with"
        columns={[{ heading: 'Key' }, { heading: 'Status' }, { heading: 'Since' }]}
        rows={shown.map((key) => [
          <span class="tight">
            {textOf(key, 'alg')} <Code text={`${textOf(key, 'kid').slice(0, 8)}…`} />
          </span>,
          <State of={textOf(key, 'status')} />,
          <>
            <Time at={sinceOf(key)} /> <span class="soft">({ago(ageOf(key, now))})</span>
          </>,
        ])}
        empty="There is no key yet: one is made when the first token is signed."
      />
    </section>
  );
}

/** Grants are what is left of all events: they are not counted by themselves, since no index holds them alone. */
function chartStep({ since, all, refused, shadow, success, isMore }: ActivityStep, { stepSeconds }: Span): ChartStep {
  const time = new Date(since * 1000).toISOString();
  return {
    label: stepSeconds < DAY / 4 ? time.slice(11, 16) : `${time.slice(5, 10)} ${time.slice(11, 16)}`,
    granted: Math.max(0, all - refused - shadow - success),
    refused,
    isMore: isMore === 1,
  };
}

function sumOf(steps: readonly ActivityStep[], member: 'shadow' | 'success'): number {
  return steps.reduce((total, step) => total + step[member], 0);
}

function ageOf(key: JsonObject, now: number): number {
  return now - Math.floor(Date.parse(sinceOf(key)) / 1000);
}

function sinceOf(key: JsonObject): string {
  return textOf(key, 'activatedAt') || textOf(key, 'publishedAt');
}

/** `/console`. */
export const overviewPage: ConsolePage = {
  path: '',
  title: 'Overview',
  navigation: 'Overview',
  needs: 'iam:read',
  show: showOverview,
};
