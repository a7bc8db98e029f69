// The page of a pipeline that was added: what to paste, and a wait for its first exchange.

import type { Child } from 'hono/jsx';
import { isJsonObject } from '../../token/json.ts';
import type { JsonObject } from '../../token/json.ts';
import { objectOf, objectsOf, textOf } from '../api.ts';
import { REFRESH_SECONDS } from '../limits.ts';
import { apiPath, pageOf, TRUST } from '../objects/kind.ts';
import { shownValue } from '../objects/object-form.tsx';
import { nameOf, notRead } from '../objects/object-pages.tsx';
import type { PageAnswer, PageContext } from '../page.ts';
import { PageHead } from '../parts/layout.tsx';
import { Notice, ProblemNotice } from '../parts/notice.tsx';
import { ago, Code, Quoted, Time } from '../parts/text.tsx';
import { visibleLines } from '../visible-text.ts';

/** What to paste, and whether somebody came already: the page asks again until the first exchange. */
export async function showWait(page: PageContext): Promise<PageAnswer> {
  const read = await page.api.read(apiPath(TRUST, page.parameters));
  if (!read.ok) return notRead(read.error);
  const rule = objectOf(read.value);
  const account =
    rule['serviceAccount'] !== undefined && isJsonObject(rule['serviceAccount']) ? rule['serviceAccount'] : {};
  const query = { action: 'token.exchange', limit: '1', since: textOf(rule, 'createdAt') };
  const [own, others] = await Promise.all([
    page.api.read('/v1/audit-events', { ...query, federatedIdentity: textOf(rule, 'identity') }),
    page.api.read('/v1/audit-events', { ...query, serviceAccount: textOf(account, 'identity'), outcome: 'refused' }),
  ]);
  const [last] = own.ok ? objectsOf(own.value) : [];
  const [refused] = others.ok ? objectsOf(others.value) : [];
  const isOver = last !== undefined && textOf(last, 'outcome') !== 'refused';
  const isAsking = !isOver && page.url.searchParams.get('look') !== 'once';
  const stopped = new URL(page.url);
  stopped.searchParams.set('look', isAsking ? 'once' : 'on');
  const configuration = await configurationOf(page, rule, account);
  const template = page.url.searchParams.get('uses') ?? '';
  return {
    title: isOver ? 'The first exchange' : 'Waiting for the first exchange',
    ...(isAsking ? { refreshSeconds: REFRESH_SECONDS } : {}),
    body: (
      <>
        <PageHead
          title={<Quoted text={nameOf(rule)} />}
          lead="The rule is there. Now the pipeline asks for its first token."
        >
          <a class="button" href={pageOf(TRUST, page.parameters)}>
            The rule
          </a>
        </PageHead>
        {!own.ok ? <ProblemNotice problem={own.error} /> : null}
        <Waiting rule={rule} last={last} refused={refused} now={page.now} />
        {isOver ? null : (
          <p class="row">
            <a class="button" href={`${page.url.pathname}${page.url.search}`}>
              Look again
            </a>
            <a href={`${stopped.pathname}${stopped.search}`}>
              {isAsking ? `Stop looking every ${REFRESH_SECONDS} seconds` : `Look every ${REFRESH_SECONDS} seconds`}
            </a>
          </p>
        )}
        {configuration === null ? null : (
          <section class="card" aria-labelledby="to-paste">
            <h2 id="to-paste">
              Paste this into <Code text={configuration.file} />
            </h2>
            {template === '' ? null : (
              <p>
                It runs <Code text={template} />, as the address of this page says. Paste it only if you chose that.
              </p>
            )}
            <pre tabindex={0}>{visibleLines(configuration.text)}</pre>
          </section>
        )}
      </>
    ),
  };
}

function Waiting({
  rule,
  last,
  refused,
  now,
}: {
  readonly rule: JsonObject;
  readonly last: JsonObject | undefined;
  readonly refused: JsonObject | undefined;
  readonly now: number;
}): Child {
  const since = (event: JsonObject): string => secondsAgo(now - Math.floor(Date.parse(textOf(event, 'time')) / 1000));
  const link = (event: JsonObject): Child => <a href={`/console/activity/${textOf(event, 'identity')}`}>The event</a>;
  if (last !== undefined && textOf(last, 'outcome') !== 'refused') {
    return (
      <Notice
        tone="good"
        title={textOf(last, 'outcome') === 'granted' ? `Granted ${since(last)}` : `Would have granted ${since(last)}`}
      >
        <p>
          <Code text={textOf(last, 'subject')} /> {link(last)}
        </p>
      </Notice>
    );
  }
  const failed = last ?? refused;
  return (
    <>
      <Notice tone="plain" title="Waiting for the first exchange …">
        <p>
          Waiting for <Code text={shownValue(rule['providerSubject'])} /> since <Time at={textOf(rule, 'createdAt')} />.
        </p>
      </Notice>
      {failed === undefined ? null : (
        <Notice tone="bad" title={`A token for this account was refused ${since(failed)}`}>
          <p>
            <Quoted text={textOf(failed, 'detail') || textOf(failed, 'reason')} /> {link(failed)}
          </p>
        </Notice>
      )}
    </>
  );
}

function secondsAgo(seconds: number): string {
  return seconds < 60 ? `${Math.max(0, seconds)} s ago` : ago(seconds);
}

/**
 * The configuration again, from what the address says; null if it says nothing that makes the plan of this rule, since anybody
 * can write an address.
 */
async function configurationOf(
  page: PageContext,
  rule: JsonObject,
  account: JsonObject,
): Promise<{ readonly file: string; readonly text: string } | null> {
  const { planPipeline, recipeOf } = await import('../pipelines/plan-pipeline.ts');
  const typed = page.url.searchParams;
  const recipe = recipeOf(typed.get('platform') ?? '');
  const planned = recipe === null ? null : await planPipeline(recipe, typed, page.issuerUrl, page.now);
  if (planned?.ok !== true || planned.value.plan.identity.providerSubject !== textOf(rule, 'providerSubject'))
    return null;
  return planned.value.configurationFor(textOf(account, 'identity'));
}
