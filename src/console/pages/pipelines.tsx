// Adding a pipeline: choose the platform, fill in its recipe, see the rule and its neighbours, create it, and wait for its first exchange.

import type { Child } from 'hono/jsx';
import { keepsOut, letsIn } from '../../bootstrap/check.ts';
import type { Recipe, RecipeParameter } from '../../platforms/recipe.ts';
import type { ApiFault, ApiProblem } from '../api.ts';
import { formStatus } from '../objects/object-pages.tsx';
import type { ConsolePage, FormContext, PageAnswer, PageContext } from '../page.ts';
import { ActionForm, ErrorSummary, Field } from '../parts/form.tsx';
import { PageHead } from '../parts/layout.tsx';
import { Notice } from '../parts/notice.tsx';
import { Facts, Table } from '../parts/table.tsx';
import { Code, Quoted } from '../parts/text.tsx';
import { visibleLines } from '../visible-text.ts';
import { showWait } from './pipeline-wait.tsx';
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
