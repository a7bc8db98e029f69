// The trust report: what of the trust that was given can be taken away, and the narrowest rule that the recorded grants need.

import type { Child } from 'hono/jsx';
import { PROPOSED_MEMBERS } from '../../objects/trust-report.ts';
import { isJsonObject } from '../../token/json.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { objectOf, textOf } from '../api.ts';
import { REPORTED_RULES } from '../limits.ts';
import { TRUST } from '../objects/kind.ts';
import { formMembers, typedOf } from '../objects/member-form.ts';
import type { FormMember } from '../objects/member-form.ts';
import type { ConsolePage, PageAnswer, PageContext } from '../page.ts';
import { PageHead } from '../parts/layout.tsx';
import { Notice, ProblemNotice } from '../parts/notice.tsx';
import { Facts, NextPage } from '../parts/table.tsx';
import { Code, Quoted, State, Time } from '../parts/text.tsx';
import { ROOT_PATH } from '../routes.ts';

async function showReport(page: PageContext): Promise<PageAnswer> {
  const cursor = page.url.searchParams.get('cursor') ?? '';
  const answer = await page.api.read('/v1/reports/trust', { cursor, limit: String(REPORTED_RULES) });
  if (!answer.ok) return { status: 502, body: <ProblemNotice problem={answer.error} /> };
  const identities = objects(objectOf(answer.value)['identities']);
  const found = identities.filter((identity) => objects(identity['findings']).length > 0);
  return {
    body: (
      <>
        <PageHead
          title="Trust report"
          lead="What nobody needed in 90 days, and the narrowest rule that the recorded grants need."
        />
        {found.length === 0 ? (
          <Notice tone="good" title={`Nothing is to be taken away from these ${identities.length} rules.`} />
        ) : (
          found.map((identity) => <Identity identity={identity} page={page} />)
        )}
        <NextPage url={page.url} cursor={answer.value.next} label="Further rules" />
        <p class="small soft">
          <code>cambist report --format hcl</code> or <code>yaml</code> writes every proposal as configuration.
        </p>
      </>
    ),
  };
}

function Identity({ identity, page }: { readonly identity: JsonObject; readonly page: PageContext }): Child {
  const path = `${ROOT_PATH}${TRUST.base}/${encodeURIComponent(textOf(identity, 'identity'))}`;
  const proposal = identity['proposal'];
  return (
    <section class="card" aria-label="A rule">
      <div class="head">
        <h2>
          <a href={path}>
            <Quoted text={textOf(identity, 'name')} />
          </a>
        </h2>
        <span class="row small soft">
          <State of={textOf(identity, 'status')} />
          <span>
            {String(identity['grants90d'])}
            {identity['complete'] === false ? ' or more' : ''} grants in 90 days, last used{' '}
            <Time at={textOf(identity, 'lastUsedAt')} />
          </span>
        </span>
      </div>
      <Facts
        of={objects(identity['findings']).map((finding) => [
          textOf(finding, 'code').replaceAll('_', ' '),
          <Quoted text={textOf(finding, 'detail')} />,
        ])}
      />
      {proposal !== undefined && isJsonObject(proposal) ? (
        <Proposal proposal={proposal} path={path} mayChange={page.may(TRUST.change)} />
      ) : null}
    </section>
  );
}

interface ProposalShown {
  readonly proposal: JsonObject;
  /** The page of the rule. */
  readonly path: string;
  readonly mayChange: boolean;
}

function Proposal({ proposal, path, mayChange }: ProposalShown): Child {
  const changed = proposedMembers(proposal);
  const typed = typedOf(changed, proposal);
  const refused = texts(proposal['wouldNoLongerGrant']);
  return (
    <Notice tone="plain" title="The narrowest rule that the recorded grants need">
      <Facts of={changed.map(({ name }) => [name, <Code text={onOneLine(proposal[name])} />])} />
      <p>
        It would have granted all {String(proposal['wouldStillGrant'])} recorded grants that were tried.
        {refused.length === 0 ? '' : ' It no longer lets in:'}
      </p>
      {refused.length === 0 ? null : (
        <ul>
          {refused.map((sentence) => (
            <li>
              <Quoted text={sentence} />
            </li>
          ))}
        </ul>
      )}
      <div class="row">
        {mayChange ? (
          <a class="button" href={`${path}/edit?${new URLSearchParams(typed).toString()}`}>
            Look at it in the rule's form
          </a>
        ) : null}
        <a class="button" href={`${path}/proposal`}>
          {mayChange ? 'Try it as a shadow rule, or take it as configuration' : 'Take it as configuration'}
        </a>
      </div>
    </Notice>
  );
}

/** A value of a member on one line. */
function onOneLine(value: JsonValue | undefined): string {
  const list = texts(value);
  if (list.length > 0) return list.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

/** The members that a proposal changes, as a form knows them. */
export function proposedMembers(proposal: JsonObject): readonly FormMember[] {
  return formMembers(TRUST, false).filter(
    ({ name }) => PROPOSED_MEMBERS.some((member) => member === name) && Object.hasOwn(proposal, name),
  );
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : [];
}

function texts(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter((one) => typeof one === 'string') : [];
}

/** `/console/trust/report`. */
export const trustReportPage: ConsolePage = {
  path: '/trust/report',
  title: 'Trust report',
  navigation: 'Trust report',
  needs: 'iam:read',
  show: showReport,
};
