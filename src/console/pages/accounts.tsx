// Service accounts: who workloads act as, their rules, their roles and their credentials.

import type { Child } from 'hono/jsx';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { isJsonObject } from '../../token/json.ts';
import { objectsOf } from '../api.ts';
import { ACCOUNT, apiPath, BINDING, CREDENTIAL, pageOf, ROLE, TRUST } from '../objects/kind.ts';
import { listPage, ObjectLink } from '../objects/list-page.tsx';
import { shownValue } from '../objects/object-form.tsx';
import { nameOf, objectPages } from '../objects/object-pages.tsx';
import { revokeTokensPage } from '../objects/revoke-tokens.tsx';
import { showPage } from '../objects/show-object.tsx';
import { LISTED_PER_PAGE } from '../limits.ts';
import type { ConsolePage, PageContext } from '../page.ts';
import { ProblemNotice } from '../parts/notice.tsx';
import { Table } from '../parts/table.tsx';
import { Code, Quoted, State, Time } from '../parts/text.tsx';
import { visibleText } from '../visible-text.ts';

/** `/accounts` and what is below it, but for the credentials. */
export const accountPages: readonly ConsolePage[] = [
  listPage(ACCOUNT, {
    title: 'Service accounts',
    navigation: 'Accounts',
    lead: 'Who a workload acts as. Its tokens carry the account as their subject.',
    filters: [
      { name: 'name', label: 'Name' },
      { name: 'slug', label: 'Slug' },
      {
        name: 'status',
        label: 'Status',
        options: [
          ['active', 'active'],
          ['inactive', 'inactive'],
        ],
      },
    ],
    columns: [
      { heading: 'Name' },
      { heading: 'Slug' },
      { heading: 'Status' },
      { heading: 'Roles' },
      { heading: 'Created' },
    ],
    row: (account) => [
      <ObjectLink kind={ACCOUNT} object={account} />,
      <Code text={String(account['slug'])} />,
      <State of={String(account['status'])} />,
      <Quoted
        text={
          rolesOf(account)
            .map((role) => String(role['slug']))
            .join(', ') || '–'
        }
      />,
      <Time at={String(account['createdAt'])} />,
    ],
    empty: 'There is no service account yet. Adding a pipeline makes one.',
  }),
  showPage(ACCOUNT, belongings, (page, account) => (
    <>
      <a class="button" href={`/console/activity?serviceAccount=${String(account['identity'])}`}>
        Activity
      </a>
      {page.may('iam:write') ? (
        <a class="button" href={`${pageOf(ACCOUNT, page.parameters)}/revoke-tokens`}>
          Revoke its tokens
        </a>
      ) : null}
    </>
  )),
  ...objectPages(ACCOUNT, { advanced: ['slug', 'labels', 'annotations'], dependants }),
  revokeTokensPage(ACCOUNT),
];

function bindingsOf(account: JsonObject): readonly JsonObject[] {
  const bindings = account['roleBindings'];
  return Array.isArray(bindings) ? (bindings as readonly JsonValue[]).filter(isJsonObject) : [];
}

function rolesOf(account: JsonObject): readonly JsonObject[] {
  return bindingsOf(account).flatMap(({ role }) => (role !== undefined && isJsonObject(role) ? [role] : []));
}

async function belongings(page: PageContext, account: JsonObject): Promise<Child> {
  const id = String(account['identity']);
  const mayWrite = page.may('iam:write');
  const [rules, credentials] = await Promise.all([
    page.api.read(TRUST.api, { serviceAccount: id, limit: String(LISTED_PER_PAGE) }),
    page.api.read(`${apiPath(ACCOUNT, page.parameters)}/access-credentials`, { limit: String(LISTED_PER_PAGE) }),
  ]);
  return (
    <>
      {rules.ok ? (
        <Table
          caption="Who may act as it"
          columns={[{ heading: 'Rule' }, { heading: 'Subject' }, { heading: 'Status' }, { heading: 'Last used' }]}
          rows={objectsOf(rules.value).map((rule) => [
            <ObjectLink kind={TRUST} object={rule} />,
            <Code text={String(rule['providerSubject'])} />,
            <State of={String(rule['status'])} />,
            <Time at={shownValue(rule['lastUsedAt'])} />,
          ])}
          empty="No workload may act as it."
        />
      ) : (
        <ProblemNotice problem={rules.error} />
      )}
      {mayWrite ? (
        <div class="row">
          <a class="button" href={`/console/trust/new?serviceAccountIdentity=${id}`}>
            New rule for it
          </a>
        </div>
      ) : null}
      <Table
        caption="Its roles"
        columns={[{ heading: 'Role' }, { heading: 'Projects' }, { heading: 'Scopes' }, { heading: 'Since' }]}
        rows={bindingsOf(account).map((binding) => {
          const { role } = binding;
          const held = role !== undefined && isJsonObject(role) ? role : {};
          return [
            <ObjectLink kind={ROLE} object={held} />,
            <Quoted text={shownValue(binding['projects']) || 'the whole organisation'} />,
            <Quoted text={shownValue(binding['scopes']) || 'any'} />,
            <Time at={shownValue(binding['createdAt'])} />,
          ];
        })}
        empty="It holds no role."
      />
      {credentials.ok ? (
        <Table
          caption="Access credentials"
          columns={[
            { heading: 'Name' },
            { heading: 'Access key' },
            { heading: 'Scopes' },
            { heading: 'Ends' },
            { heading: 'Last used' },
            ...(mayWrite ? [{ heading: 'Change' }] : []),
          ]}
          rows={objectsOf(credentials.value).map((credential) => [
            <Quoted text={nameOf(credential)} />,
            <Code text={String(credential['accessKey'])} />,
            <Code text={shownValue(credential['scopes']) || 'none'} />,
            <Time at={shownValue(credential['expiresAt'])} />,
            <Time at={shownValue(credential['lastUsedAt'])} />,
            ...(mayWrite
              ? [
                  <a
                    href={`/console/accounts/${id}/credentials/${String(credential['identity'])}/delete`}
                    aria-label={`Delete ${visibleText(nameOf(credential))}`}
                  >
                    Delete
                  </a>,
                ]
              : []),
          ])}
          empty="None. A workload with an ID token needs none."
        />
      ) : (
        <ProblemNotice problem={credentials.error} />
      )}
      {mayWrite ? (
        <div class="row">
          <a class="button" href={`/console${CREDENTIAL.base.replace(':parent', id)}/new`}>
            New access credential
          </a>
          <a class="button" href={`/console${ROLE.base}?forAccount=${id}`}>
            Give it a role
          </a>
        </div>
      ) : null}
    </>
  );
}

async function dependants(page: PageContext, account: JsonObject): Promise<Child> {
  const id = String(account['identity']);
  const [rules, credentials] = await Promise.all([
    page.api.read(TRUST.api, { serviceAccount: id }),
    page.api.read(`${ACCOUNT.api}/${id}/access-credentials`),
  ]);
  const names = [
    ...(rules.ok ? objectsOf(rules.value).map((rule) => `rule ${nameOf(rule)}`) : []),
    ...bindingsOf(account).map((binding) => `${BINDING.definition.noun} ${nameOf(binding)}`),
    ...(credentials.ok ? objectsOf(credentials.value).map((one) => `access credential ${nameOf(one)}`) : []),
  ];
  if (names.length === 0) return <p>Nothing else goes with it.</p>;
  return (
    <>
      <p>These go with it:</p>
      <ul>
        {names.map((name) => (
          <li>
            <Quoted text={name} />
          </li>
        ))}
      </ul>
    </>
  );
}
