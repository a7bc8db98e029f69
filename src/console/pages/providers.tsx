// Identity providers: the issuers that are trusted, their keys, and the doctor that says what is wrong with one.

import type { Child } from 'hono/jsx';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { isJsonObject } from '../../token/json.ts';
import { objectOf, objectsOf } from '../api.ts';
import { apiPath, pageOf, PROVIDER, TRUST } from '../objects/kind.ts';
import { listPage, ObjectLink } from '../objects/list-page.tsx';
import { shownValue } from '../objects/object-form.tsx';
import { formStatus, nameOf, notRead, objectPages } from '../objects/object-pages.tsx';
import { showPage } from '../objects/show-object.tsx';
import { LISTED_PER_PAGE } from '../limits.ts';
import type { ConsolePage, FormContext, PageAnswer, PageContext } from '../page.ts';
import { ActionForm } from '../parts/form.tsx';
import { PageHead } from '../parts/layout.tsx';
import { Notice, ProblemNotice } from '../parts/notice.tsx';
import { Table } from '../parts/table.tsx';
import { Code, Quoted, State, Time } from '../parts/text.tsx';

/** `/providers` and what is below it. */
export const providerPages: readonly ConsolePage[] = [
  listPage(PROVIDER, {
    title: 'Identity providers',
    navigation: 'Providers',
    lead: 'Issuers whose tokens can be exchanged here, if a rule says so.',
    filters: [
      { name: 'name', label: 'Name' },
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
      { heading: 'Issuer' },
      { heading: 'Platform' },
      { heading: 'Status' },
      { heading: 'Keys', isNumber: true },
      { heading: 'Last fetch' },
    ],
    row: (provider) => [
      <ObjectLink kind={PROVIDER} object={provider} />,
      <Code text={String(provider['providerIssuer'])} />,
      <Quoted text={String(provider['preset'])} />,
      <State of={String(provider['status'])} />,
      String(Array.isArray(provider['keys']) ? provider['keys'].length : 0),
      typeof provider['lastFetchError'] === 'string' ? (
        <span class="bad">failed</span>
      ) : (
        <Time at={shownValue(provider['lastFetchedAt'])} />
      ),
    ],
    empty: 'No issuer is trusted yet. Adding a pipeline makes its provider.',
  }),
  showPage(
    PROVIDER,
    async (page, provider) => (
      <>
        <Fetched provider={provider} />
        <KeysOf provider={provider} />
        {await rulesOf(page, provider)}
      </>
    ),
    (page) => (
      <>
        <a class="button" href={`${pageOf(PROVIDER, page.parameters)}/doctor`}>
          Ask the doctor
        </a>
        {page.may('iam:write') ? (
          <ActionForm page={page} action={`${pageOf(PROVIDER, page.parameters)}/doctor`} label="Refresh its keys">
            <button type="submit" name="do" value="refresh">
              Refresh its keys
            </button>
          </ActionForm>
        ) : null}
      </>
    ),
    ['keys', 'lastFetchError'],
  ),
  ...objectPages(PROVIDER, {
    advanced: [
      'description',
      'labels',
      'annotations',
      'providerJwksUri',
      'localJwks',
      'allowedAlgorithms',
      'maxTokenLifetime',
      'subjectClaim',
    ],
    dependants: async (page, provider) => (
      <>
        <p>A provider that rules use cannot be deleted. These use it:</p>
        {await rulesOf(page, provider)}
      </>
    ),
  }),
  {
    path: `${PROVIDER.base}/:id/doctor`,
    title: 'Issuer doctor',
    needs: 'iam:read',
    show: showDoctor,
    submit: submitDoctor,
  },
];

function Fetched({ provider }: { readonly provider: JsonObject }): Child {
  const error = provider['lastFetchError'];
  return typeof error !== 'string' ? null : (
    <Notice tone="bad" title="Its keys could not be fetched">
      <p>
        <Quoted text={error} />
      </p>
    </Notice>
  );
}

function KeysOf({ provider }: { readonly provider: JsonObject }): Child {
  const keys = Array.isArray(provider['keys']) ? (provider['keys'] as readonly JsonValue[]).filter(isJsonObject) : [];
  return (
    <Table
      caption="Keys that verify"
      columns={[{ heading: 'Key id' }, { heading: 'Algorithm' }]}
      rows={keys.map(({ kid, alg }) => [
        <Code text={shownValue(kid) || 'none'} />,
        <Code text={shownValue(alg) || 'any'} />,
      ])}
      empty="None are known yet: they are fetched with the first token, or by “Refresh its keys”."
    />
  );
}

async function rulesOf(page: PageContext, provider: JsonObject): Promise<Child> {
  const listed = await page.api.read(TRUST.api, {
    provider: String(provider['identity']),
    limit: String(LISTED_PER_PAGE),
  });
  if (!listed.ok) return <ProblemNotice problem={listed.error} />;
  return (
    <Table
      caption={
        listed.value.next === null ? 'Rules for its tokens' : `The first ${LISTED_PER_PAGE} rules for its tokens`
      }
      columns={[{ heading: 'Rule' }, { heading: 'Subject' }, { heading: 'Account' }, { heading: 'Last used' }]}
      rows={objectsOf(listed.value).map((rule) => [
        <ObjectLink kind={TRUST} object={rule} />,
        <Code text={String(rule['providerSubject'])} />,
        <Quoted text={nameOf(isJsonObject(rule['serviceAccount']) ? rule['serviceAccount'] : {})} />,
        <Time at={shownValue(rule['lastUsedAt'])} />,
      ])}
      empty="No rule uses it."
    />
  );
}

async function showDoctor(page: PageContext): Promise<PageAnswer> {
  const read = await page.api.read(apiPath(PROVIDER, page.parameters));
  if (!read.ok) return notRead(read.error);
  return {
    body: (
      <>
        <PageHead title="Issuer doctor" lead={<Code text={String(objectOf(read.value)['providerIssuer'])} />}>
          <a class="button" href={pageOf(PROVIDER, page.parameters)}>
            Back to the provider
          </a>
        </PageHead>
        <div class="card">
          <p>
            The doctor asks the issuer for its discovery document and its keys, and judges them as an exchange would. It
            takes up to some seconds.
          </p>
          <Examine page={page} />
        </div>
      </>
    ),
  };
}

function Examine({ page }: { readonly page: PageContext }): Child {
  return (
    <ActionForm page={page} label="Issuer doctor">
      <div>
        <button type="submit" class="first" name="do" value="check">
          Examine the issuer now
        </button>
      </div>
    </ActionForm>
  );
}

async function submitDoctor(page: FormContext): Promise<PageAnswer> {
  const isRefresh = page.form.get('do') === 'refresh';
  const path = `${apiPath(PROVIDER, page.parameters)}/${isRefresh ? 'refresh' : 'check'}`;
  const answered = await page.api.write('POST', path);
  if (isRefresh && answered.ok) return { goTo: pageOf(PROVIDER, page.parameters) };
  const examined = answered.ok ? objectOf(answered.value) : {};
  const checks = Array.isArray(examined['checks'])
    ? (examined['checks'] as readonly JsonValue[]).filter(isJsonObject)
    : [];
  return {
    title: 'Issuer doctor',
    status: answered.ok ? 200 : formStatus(answered.error),
    body: (
      <>
        <PageHead title="Issuer doctor" lead={<Code text={shownValue(examined['providerIssuer'])} />}>
          <a class="button" href={pageOf(PROVIDER, page.parameters)}>
            Back to the provider
          </a>
        </PageHead>
        {answered.ok ? (
          <>
            <p>
              Verdict: <Verdict of={String(examined['verdict'])} />
            </p>
            <Table
              caption="What was examined"
              columns={[{ heading: 'Check' }, { heading: 'Verdict' }, { heading: 'Found' }, { heading: 'Advice' }]}
              rows={checks.map(({ check, verdict, detail, advice }) => [
                <Quoted text={String(check)} />,
                <Verdict of={String(verdict)} />,
                <Quoted text={String(detail)} />,
                <Quoted text={shownValue(advice) || '–'} />,
              ])}
              empty="Nothing was examined."
            />
            <Examine page={page} />
          </>
        ) : (
          <ProblemNotice
            problem={answered.error}
            title={isRefresh ? 'Its keys could not be refreshed' : 'The doctor could not examine it'}
          />
        )}
      </>
    ),
  };
}

const VERDICT_TONES: Readonly<Record<string, string>> = { ok: 'good', warning: 'warn', fail: 'bad', failed: 'bad' };

function Verdict({ of }: { readonly of: string }): Child {
  return <span class={`tag ${VERDICT_TONES[of] ?? 'soft'}`}>{of}</span>;
}
