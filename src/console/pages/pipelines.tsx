// Adding a pipeline: choose the platform, fill in its recipe, see the rule and its neighbours, create it, and wait for its first exchange.

import type { Child } from 'hono/jsx';
import { keepsOut, letsIn } from '../../bootstrap/check.ts';
import type { Recipe, RecipeParameter } from '../../platforms/recipe.ts';
import { isJsonObject } from '../../token/json.ts';
import type { JsonObject } from '../../token/json.ts';
import { objectOf, objectsOf, textOf } from '../api.ts';
import type { ApiFault, ApiProblem } from '../api.ts';
import { apiPath, pageOf, TRUST } from '../objects/kind.ts';
import { shownValue } from '../objects/object-form.tsx';
import { formStatus, nameOf, notRead } from '../objects/object-pages.tsx';
import { REFRESH_SECONDS } from '../limits.ts';
import type { ConsolePage, FormContext, PageAnswer, PageContext } from '../page.ts';
import { ActionForm, ErrorSummary, Field } from '../parts/form.tsx';
import { PageHead } from '../parts/layout.tsx';
import { Notice, ProblemNotice } from '../parts/notice.tsx';
import { Facts, Table } from '../parts/table.tsx';
import { ago, Code, Quoted, Time } from '../parts/text.tsx';
import { visibleLines } from '../visible-text.ts';
import type { PlannedPipeline } from '../pipelines/plan-pipeline.ts';

const PATH = '/pipelines';

/** `/pipelines` and what is below it. */
export const pipelinePages: readonly ConsolePage[] = [
  { path: PATH, title: 'Add a pipeline', navigation: 'Add a pipeline', needs: 'iam:write', show: choosePlatform },
  {
    path: `${PATH}/new/:platform`,
    title: 'Add a pipeline',
    needs: 'iam:write',
    show: (page) => form(page, page.url.searchParams, {}),
    submit: submitPipeline,
  },
  { path: `${PATH}/:id`, title: 'The first exchange', needs: 'iam:read', show: showWait },
];

async function choosePlatform(): Promise<PageAnswer> {
  const { recipes } = await import('../pipelines/plan-pipeline.ts');
  return {
    body: (
      <>
        <PageHead
          title="Add a pipeline"
          lead="Where does it run? The next page asks for what tells it from every other workload there."
        />
        <div class="grid">
          {recipes().map(({ preset, summary }) => {
            const [name = preset, about = ''] = summary.split(/: (.*)/s);
            return (
              <a class="card choice" href={`/console${PATH}/new/${preset}`}>
                <b>{name}</b>
                <span class="small soft">{about}</span>
              </a>
            );
          })}
        </div>
      </>
    ),
  };
}

interface FormState {
  readonly problem?: ApiProblem | null;
  readonly planned?: PlannedPipeline;
}

function faultAt(faults: readonly ApiFault[], name: string): string | null {
  return faults.find(({ place }) => place === `/${name}`)?.detail ?? null;
}

async function form(page: PageContext, typed: URLSearchParams, state: FormState): Promise<PageAnswer> {
  const { recipeOf, parametersOf, parameterLabel } = await import('../pipelines/plan-pipeline.ts');
  const recipe = recipeOf(page.parameters['platform'] ?? '');
  if (recipe === null) return { status: 404, body: <PageHead title="There is no such platform" /> };
  const { problem = null, planned } = state;
  const faults = problem?.faults ?? [];
  const isWrong = planned?.checks.some((check) => keepsOut(check) || letsIn(check, [])) === true;
  const field = (parameter: RecipeParameter): Child => (
    <ParameterField
      parameter={parameter}
      label={parameterLabel(parameter.name)}
      value={typed.get(parameter.name) ?? ''}
      fault={faultAt(faults, parameter.name)}
    />
  );
  const selectors = new Set(recipe.variants.flatMap(({ needs }) => needs));
  const isFirst = ({ name, required }: RecipeParameter): boolean => required === true || selectors.has(name);
  const parameters = parametersOf(recipe);
  const others = parameters.filter((one) => !isFirst(one));
  const [title = recipe.preset] = recipe.summary.split(':');
  return {
    title: `Add a pipeline: ${title}`,
    status: problem === null ? 200 : formStatus(problem),
    body: (
      <>
        <PageHead title={`Add a pipeline: ${title}`} lead={recipe.summary.split(/: (.*)/s)[1] ?? ''} />
        {problem === null ? null : <ErrorSummary problem={problem} />}
        {planned === undefined ? null : <Preview planned={planned} />}
        <ActionForm page={page} label="Add a pipeline">
          <div class="card">
            <h2>The workload</h2>
            {parameters.filter(isFirst).map(field)}
            {others.length === 0 ? null : (
              <details
                open={others.some(({ name }) => faultAt(faults, name) !== null || (typed.get(name) ?? '') !== '')}
              >
                <summary>More about it</summary>
                <div class="stack">{others.map(field)}</div>
              </details>
            )}
          </div>
          <Wishes recipe={recipe} typed={typed} faults={faults} />
          <div class="row">
            <button type="submit" class={planned === undefined ? 'first' : ''} name="do" value="preview">
              {planned === undefined ? 'See the rule' : 'See it again'}
            </button>
            {planned === undefined || isWrong ? null : (
              <button type="submit" class="first" name="do" value="create">
                Create the rule
              </button>
            )}
            <a class="button" href={`/console${PATH}`}>
              Another platform
            </a>
          </div>
        </ActionForm>
      </>
    ),
  };
}

function ParameterField({
  parameter: { value: kind, description, required = false, default: usual },
  label,
  value,
  fault,
  parameter,
}: {
  readonly parameter: RecipeParameter;
  readonly label: string;
  readonly value: string;
  readonly fault: string | null;
}): Child {
  const shared = { name: parameter.name, label, value, fault, hint: `${description}.`, required };
  if (kind === null)
    return (
      <Field
        {...shared}
        options={[
          ['', 'no'],
          ['true', 'yes'],
        ]}
      />
    );
  return <Field {...shared} placeholder={usual ?? kind} />;
}

function Wishes({
  recipe,
  typed,
  faults,
}: {
  readonly recipe: Recipe;
  readonly typed: URLSearchParams;
  readonly faults: readonly ApiFault[];
}): Child {
  const wish = (name: string, label: string, hint: string): Child => (
    <Field name={name} label={label} hint={hint} value={typed.get(name) ?? ''} fault={faultAt(faults, name)} />
  );
  return (
    <div class="card">
      <h2>What its tokens may do</h2>
      {wish(
        'account',
        'Service account',
        'Its name; made if it is not there. Empty: one of its own, named after the workload.',
      )}
      {wish('scopes', 'Scopes', 'Separated by spaces, such as api:read api:write.')}
      {wish('role', 'Role', 'A slug; the account gets it for the whole organisation.')}
      {wish(
        'tokenAudiences',
        'Token audiences',
        'Who its tokens are for; empty is the usual audience of the deployment.',
      )}
      <Field
        name="mode"
        label="Mode"
        value={typed.get('mode') ?? 'enforce'}
        hint="A shadow rule grants nothing, and records what it would have done."
        options={[
          ['enforce', 'enforce'],
          ['shadow', 'shadow'],
        ]}
      />
      {recipe.template === undefined
        ? null
        : wish('uses', 'Template', `${recipe.template.description}. Empty: a script that needs nothing is shown.`)}
    </div>
  );
}

function Preview({
  planned: { plan, warnings, checks, configurationFor },
}: {
  readonly planned: PlannedPipeline;
}): Child {
  const [own, ...neighbours] = checks;
  const strangers = neighbours.filter((check) => letsIn(check, []));
  const { file, text } = configurationFor('sa_…');
  return (
    <section class="stack" aria-labelledby="preview">
      <h2 id="preview">The rule</h2>
      {own !== undefined && keepsOut(own) ? (
        <Notice tone="bad" title="It would not let in what it is meant for" isFocused>
          <p>
            <Quoted text={own.detail ?? ''} />
          </p>
        </Notice>
      ) : strangers.length > 0 ? (
        <Notice tone="bad" title="It would let in whom nobody named" isFocused>
          <p>Narrow it: {strangers.map(({ who }) => who).join(', ')}.</p>
        </Notice>
      ) : (
        <Notice tone="good" title="Nothing is created yet" isFocused>
          <p>It lets in {plan.who}, and nobody of those below.</p>
        </Notice>
      )}
      {warnings.length === 0 ? null : (
        <Notice tone="warn" title="Read this first">
          <ul>
            {warnings.map((warning) => (
              <li>
                <Quoted text={warning} />
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <div class="card">
        <Facts
          of={[
            ['Lets in', <Quoted text={plan.who} />],
            ['As', <Code text={plan.accountName} />],
            ['Issuer', <Code text={plan.provider.providerIssuer} />],
            ['Subject', <Code text={plan.identity.providerSubject} />],
            ['Audience', <Code text={plan.audience} />],
            ...(plan.identity.conditions === undefined
              ? []
              : ([['Conditions', <Code text={JSON.stringify(plan.identity.conditions)} />]] as const)),
          ]}
        />
      </div>
      <Table
        caption="Neighbours, tried against the rule"
        columns={[{ heading: 'Who' }, { heading: 'This rule' }]}
        rows={neighbours.map((check) => [
          <Quoted text={check.who} />,
          check.decision === 'granted' ? <span class="tag bad">lets in</span> : <span class="tag good">keeps out</span>,
        ])}
        empty="The platform names none."
      />
      <ToPaste file={file} text={text} />
    </section>
  );
}

function ToPaste({ file, text }: { readonly file: string; readonly text: string }): Child {
  return (
    <details class="card">
      <summary>
        What will be to paste into <Code text={file} />, with the id of its account
      </summary>
      <pre tabindex={0}>{visibleLines(text)}</pre>
    </details>
  );
}

async function submitPipeline(page: FormContext): Promise<PageAnswer> {
  const { planPipeline, recipeOf } = await import('../pipelines/plan-pipeline.ts');
  const { form: typed, issuerUrl } = page;
  const recipe = recipeOf(page.parameters['platform'] ?? '');
  if (recipe === null) return form(page, typed, {});
  const planned = await planPipeline(recipe, typed, issuerUrl, page.now);
  if (!planned.ok) {
    return form(page, typed, {
      problem: { status: 400, detail: '', faults: planned.error, conflictsWith: null, requestId: '' },
    });
  }
  const state = { planned: planned.value };
  const isRight = !planned.value.checks.some((check) => keepsOut(check) || letsIn(check, []));
  if (typed.get('do') !== 'create' || !isRight) return form(page, typed, state);
  const { bringPipeline } = await import('../pipelines/bring-pipeline.ts');
  const made = await bringPipeline(page.api, planned.value, typed.get('mode') === 'shadow' ? 'shadow' : 'enforce');
  if (!made.ok) return form(page, typed, { ...state, problem: made.error });
  const again = new URLSearchParams(
    [...typed].filter(([name, value]) => !['do', 'antiForgery'].includes(name) && value !== ''),
  );
  again.set('platform', recipe.preset);
  return { goTo: `/console${PATH}/${made.value}?${again.toString()}` };
}

/** What to paste, and whether somebody came already: the page asks again until the first exchange. */
async function showWait(page: PageContext): Promise<PageAnswer> {
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
