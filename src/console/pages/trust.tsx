// Trust: the federated identities, each a rule that lets a workload act as an account; with last use, and a form that tries a rule.

import type { Child } from 'hono/jsx';
import { isJsonObject } from '../../token/json.ts';
import type { JsonObject } from '../../token/json.ts';
import { objectsOf } from '../api.ts';
import { accountChoices, providerChoices } from '../objects/choices.ts';
import { ACCOUNT, pageOf, PROVIDER, TRUST } from '../objects/kind.ts';
import { listPage, ObjectLink } from '../objects/list-page.tsx';
import { shownValue } from '../objects/object-form.tsx';
import { nameOf, objectPages } from '../objects/object-pages.tsx';
import { revokeTokensPage } from '../objects/revoke-tokens.tsx';
import { showPage } from '../objects/show-object.tsx';
import { RECENT_EVENTS } from '../limits.ts';
import type { ConsolePage, PageContext } from '../page.ts';
import { Facts, Table } from '../parts/table.tsx';
import { Code, Quoted, State, Time } from '../parts/text.tsx';
import { testPanel } from '../rule/test-panel.tsx';

/** `/trust` and what is below it. */
export const trustPages: readonly ConsolePage[] = [
  listPage(TRUST, {
    title: 'Trust',
    navigation: 'Trust',
    lead: 'Each rule lets workloads of one subject act as a service account.',
    filters: [
      { name: 'name', label: 'Name' },
      { name: 'serviceAccount', label: 'Account (id or slug)' },
      { name: 'provider', label: 'Provider (id or name)' },
      {
        name: 'status',
        label: 'Status',
        options: ['active', 'inactive', 'expired', 'revoked'].map((status) => [status, status] as const),
      },
    ],
    columns: [
      { heading: 'Rule' },
      { heading: 'Subject' },
      { heading: 'Acts as' },
      { heading: 'Status' },
      { heading: 'Last used' },
    ],
    row: (rule) => [
      <ObjectLink kind={TRUST} object={rule} />,
      <Code text={String(rule['providerSubject'])} />,
      <Quoted text={nameOf(joined(rule, 'serviceAccount'))} />,
      <>
        <State of={String(rule['status'])} /> {rule['mode'] === 'shadow' ? <State of="shadow" /> : null}
      </>,
      <Time at={shownValue(rule['lastUsedAt'])} />,
    ],
    empty: 'Nobody is trusted yet. Add a pipeline, or write a rule by hand.',
    buttons: (page) =>
      page.may('iam:write') ? (
        <a class="button" href="/console/pipelines">
          Add a pipeline
        </a>
      ) : null,
  }),
  showPage(
    TRUST,
    belongings,
    (page, rule) => (
      <>
        <a class="button" href={`/console/activity?federatedIdentity=${String(rule['identity'])}`}>
          Activity
        </a>
        {page.may('iam:write') ? (
          <a class="button" href={`${pageOf(TRUST, page.parameters)}/revoke-tokens`}>
            Revoke its tokens
          </a>
        ) : null}
      </>
    ),
    ['serviceAccountIdentity', 'providerIdentity'],
  ),
  ...objectPages(TRUST, {
    choices: async (page) => {
      const [accounts, providers] = await Promise.all([accountChoices(page), providerChoices(page)]);
      return { serviceAccountIdentity: accounts, providerIdentity: providers };
    },
    advanced: [
      'description',
      'labels',
      'annotations',
      'audienceMatchMode',
      'expression',
      'tokenAudiences',
      'tokenLifetime',
      'maxTokenLifetime',
      'forwardedClaims',
      'replayProtection',
      'expiresAt',
    ],
    more: testPanel,
    dependants: async () => <p>Workloads that it lets in are refused from their next exchange on.</p>,
  }),
  revokeTokensPage(TRUST),
];

function joined(rule: JsonObject, name: string): JsonObject {
  const value = rule[name];
  return value !== undefined && isJsonObject(value) ? value : {};
}

async function belongings(page: PageContext, rule: JsonObject): Promise<Child> {
  const provider = joined(rule, 'provider');
  const recent = await page.api.read('/v1/audit-events', {
    federatedIdentity: String(rule['identity']),
    action: 'token.exchange',
    limit: String(RECENT_EVENTS),
  });
  return (
    <>
      <section class="card" aria-label="What it joins">
        <Facts
          of={[
            ['Acts as', <ObjectLink kind={ACCOUNT} object={joined(rule, 'serviceAccount')} />],
            [
              'Tokens of',
              <>
                <ObjectLink kind={PROVIDER} object={provider} /> <Code text={shownValue(provider['providerIssuer'])} />
              </>,
            ],
          ]}
        />
      </section>
      {recent.ok ? (
        <Table
          caption="Its last exchanges"
          columns={[{ heading: 'Time' }, { heading: 'Outcome' }, { heading: 'Reason' }, { heading: 'Subject' }]}
          rows={objectsOf(recent.value).map((event) => [
            <a href={`/console/activity/${String(event['identity'])}`}>
              <Time at={String(event['time'])} />
            </a>,
            <State of={String(event['outcome'])} />,
            <Quoted text={shownValue(event['reason']) || '–'} />,
            <Code text={shownValue(event['subject'])} />,
          ])}
          empty="None was recorded."
        />
      ) : null}
    </>
  );
}
