// Roles: what accounts are to the APIs that receive their tokens, with their rules and who holds them.

import type { Child } from 'hono/jsx';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { isJsonObject } from '../../token/json.ts';
import { objectsOf } from '../api.ts';
import { accountChoices } from '../objects/choices.ts';
import { ACCOUNT, apiPath, BINDING, pageOf, ROLE, ROLE_RULE } from '../objects/kind.ts';
import { listPage, ObjectLink } from '../objects/list-page.tsx';
import { shownValue } from '../objects/object-form.tsx';
import { nameOf, objectPages } from '../objects/object-pages.tsx';
import { showPage } from '../objects/show-object.tsx';
import { LISTED_PER_PAGE } from '../limits.ts';
import type { ConsolePage, PageContext } from '../page.ts';
import { ProblemNotice } from '../parts/notice.tsx';
import { Table } from '../parts/table.tsx';
import { Code, Quoted, Time } from '../parts/text.tsx';
import { visibleText } from '../visible-text.ts';

/** `/roles` and what is below it. */
export const rolePages: readonly ConsolePage[] = [
  listPage(ROLE, {
    title: 'Roles',
    navigation: 'Roles',
    lead: 'Tokens carry the slugs of their account’s roles. The API that receives a token decides what they permit.',
    filters: [
      { name: 'name', label: 'Name' },
      { name: 'slug', label: 'Slug' },
    ],
    columns: [{ heading: 'Name' }, { heading: 'Slug' }, { heading: 'Rules', isNumber: true }, { heading: 'Created' }],
    row: (role) => [
      <ObjectLink kind={ROLE} object={role} />,
      <Code text={String(role['slug'])} />,
      String(rulesOf(role).length),
      <Time at={String(role['createdAt'])} />,
    ],
    empty: 'There is no role yet. Tokens without roles are fine if scopes are enough for you.',
  }),
  showPage(ROLE, belongings, () => null, ['rules']),
  ...objectPages(ROLE, {
    advanced: ['slug', 'labels', 'annotations'],
    dependants: async (page, role) => (
      <>
        <p>Its rules go with it, and these bindings:</p>
        {await bindingTable(page, role, false)}
      </>
    ),
  }),
  ...objectPages(ROLE_RULE),
  ...objectPages(BINDING, {
    choices: async (page) => ({ serviceAccountIdentity: await accountChoices(page) }),
    advanced: ['name', 'description', 'labels', 'annotations'],
  }),
];

function rulesOf(role: JsonObject): readonly JsonObject[] {
  return Array.isArray(role['rules']) ? (role['rules'] as readonly JsonValue[]).filter(isJsonObject) : [];
}

async function belongings(page: PageContext, role: JsonObject): Promise<Child> {
  const here = pageOf(ROLE, page.parameters);
  const mayChange = page.may('iam:write') && role['isReadOnly'] !== true;
  return (
    <>
      <Table
        caption="What it permits"
        columns={[
          { heading: 'Resources' },
          { heading: 'Only these' },
          { heading: 'Permissions' },
          { heading: 'Note' },
          ...(mayChange ? [{ heading: 'Change' }] : []),
        ]}
        rows={rulesOf(role).map((rule) => [
          <Code text={shownValue(rule['resources'])} />,
          <Quoted text={shownValue(rule['resourceIdentities']) || 'every one'} />,
          <Code text={shownValue(rule['permissions'])} />,
          <Quoted text={shownValue(rule['note'])} />,
          ...(mayChange ? [<Actions at={`${here}/rules/${String(rule['identity'])}`} what="rule" />] : []),
        ])}
        empty="It has no rule. APIs may know the role by its slug all the same."
      />
      {await bindingTable(page, role, mayChange)}
      {mayChange ? (
        <div class="row">
          <a class="button" href={`${here}/rules/new`}>
            New rule of the role
          </a>
          <a class="button" href={`${here}/bindings/new`}>
            Give it to an account
          </a>
        </div>
      ) : null}
    </>
  );
}

async function bindingTable(page: PageContext, role: JsonObject, mayChange: boolean): Promise<Child> {
  const listed = await page.api.read(`${apiPath(ROLE, page.parameters)}/bindings`, { limit: String(LISTED_PER_PAGE) });
  if (!listed.ok) return <ProblemNotice problem={listed.error} />;
  const here = pageOf(ROLE, { id: String(role['identity']) });
  return (
    <Table
      caption={listed.value.next === null ? 'Who holds it' : `The first ${LISTED_PER_PAGE} that hold it`}
      columns={[
        { heading: 'Account' },
        { heading: 'Projects' },
        { heading: 'Scopes' },
        { heading: 'Since' },
        ...(mayChange ? [{ heading: 'Change' }] : []),
      ]}
      rows={objectsOf(listed.value).map((binding) => {
        const { serviceAccount } = binding;
        const account = serviceAccount !== undefined && isJsonObject(serviceAccount) ? serviceAccount : {};
        return [
          <ObjectLink kind={ACCOUNT} object={account} />,
          <Quoted text={shownValue(binding['projects']) || 'the whole organisation'} />,
          <Quoted text={shownValue(binding['scopes']) || 'any'} />,
          <Time at={shownValue(binding['createdAt'])} />,
          ...(mayChange
            ? [
                <Actions
                  at={`${here}/bindings/${String(binding['identity'])}`}
                  what={`binding of ${nameOf(account)}`}
                />,
              ]
            : []),
        ];
      })}
      empty="No account holds it."
    />
  );
}

function Actions({ at, what }: { readonly at: string; readonly what: string }): Child {
  return (
    <span class="row">
      <a href={`${at}/edit`} aria-label={`Change the ${visibleText(what)}`}>
        Change
      </a>
      <a href={`${at}/delete`} aria-label={`Delete the ${visibleText(what)}`}>
        Delete
      </a>
    </span>
  );
}
