// The pages that make, change and delete an object of any kind: each judges first, shows what the API says, and then writes.

import type { Child } from 'hono/jsx';
import type { JsonObject } from '../../token/json.ts';
import { objectOf } from '../api.ts';
import type { ApiAnswer, ApiProblem } from '../api.ts';
import type { ConsolePage, FormContext, PageAnswer, PageContext, PageStatus } from '../page.ts';
import { ActionForm } from '../parts/form.tsx';
import { PageHead } from '../parts/layout.tsx';
import { Notice, ProblemNotice } from '../parts/notice.tsx';
import { Quoted } from '../parts/text.tsx';
import { apiPath, listOf, pageOf, pathOf } from './kind.ts';
import type { Kind } from './kind.ts';
import type { Choices } from './member-field.tsx';
import { bodyOfChange, bodyOfNew, formMembers, typedIn, typedNew, typedOf } from './member-form.ts';
import type { FormMember, Typed } from './member-form.ts';
import { ObjectForm, warningsIn } from './object-form.tsx';
import type { FormState } from './object-form.tsx';

/** Where a kind differs from the others. */
export interface FormOptions {
  /** Objects that a reference may name, by member. */
  readonly choices?: (page: PageContext) => Promise<Readonly<Record<string, Choices>>>;
  /** Members that are shown when asked for. */
  readonly advanced?: readonly string[];
  /** More of the form, with what was typed, and buttons of its own. */
  readonly more?: (page: PageContext, form: URLSearchParams | null, edited: Edited) => Promise<Child>;
  /** The answer to a creation, in place of going to the object's page. */
  readonly created?: (page: PageContext, answer: ApiAnswer) => PageAnswer;
  /** What depends on an object that is to be deleted, in words; each with how many. */
  readonly dependants?: (page: PageContext, object: JsonObject) => Promise<Child>;
}

/** What a form is about. */
export interface Edited {
  readonly members: readonly FormMember[];
  readonly typed: Typed;
  /** Null if it is new. */
  readonly before: JsonObject | null;
}

/** The pages to make, change and delete objects of a kind. */
export function objectPages(kind: Kind, options: FormOptions = {}): readonly ConsolePage[] {
  return [newPage(kind, options), editPage(kind, options), deletePage(kind, options)];
}

/** The page that makes one. */
function newPage(kind: Kind, options: FormOptions): ConsolePage {
  const { noun } = kind.definition;
  const title = `New ${noun}`;
  const members = formMembers(kind, true);
  const answer = async (page: PageContext, form: URLSearchParams | null, state: FormState): Promise<PageAnswer> => ({
    status: state.problem === undefined || state.problem === null ? 200 : formStatus(state.problem),
    body: (
      <>
        <PageHead title={title} />
        <ObjectForm
          page={page}
          members={members}
          state={state}
          choices={(await options.choices?.(page)) ?? {}}
          advanced={new Set(options.advanced)}
          version={null}
          verb="Create"
          back={listOf(kind, page.parameters)}
        >
          {await options.more?.(page, form, { members, typed: state.typed, before: null })}
        </ObjectForm>
      </>
    ),
  });
  return {
    path: `${kind.base}/new`,
    title,
    needs: kind.change,
    show: (page) => {
      const query = page.url.searchParams;
      return answer(page, null, { typed: typedNew(members, query), filledIn: namedIn(members, query) });
    },
    submit: async (page) => {
      const typed = typedIn(members, page.form);
      const { body, faults } = bodyOfNew(members, typed);
      if (page.form.get('do') === 'test') return answer(page, page.form, { typed });
      if (faults.length > 0) return answer(page, page.form, { typed, problem: unreadable(faults) });
      const judged = await judge(page, 'POST', pathOf(kind.api, page.parameters), body, null, typed);
      if (judged !== null) return answer(page, page.form, judged);
      const written = await page.api.write('POST', pathOf(kind.api, page.parameters), body);
      if (!written.ok) return answer(page, page.form, { typed, problem: written.error });
      if (options.created !== undefined) return options.created(page, written.value);
      return { goTo: pageOf(kind, { ...page.parameters, id: String(objectOf(written.value)['identity']) }) };
    },
  };
}

/** The page that changes one. */
function editPage(kind: Kind, options: FormOptions): ConsolePage {
  const { noun } = kind.definition;
  const members = formMembers(kind, false);
  const answer = async (
    page: PageContext,
    form: URLSearchParams | null,
    object: JsonObject,
    state: FormState,
  ): Promise<PageAnswer> => ({
    title: `Change ${noun}`,
    status: state.problem === undefined || state.problem === null ? 200 : formStatus(state.problem),
    body: (
      <>
        <PageHead title={`Change ${noun}`} lead={<Quoted text={nameOf(object)} />} />
        <ObjectForm
          page={page}
          members={members}
          state={state}
          choices={(await options.choices?.(page)) ?? {}}
          advanced={new Set(options.advanced)}
          version={Number(object['objectVersion'])}
          verb="Save"
          back={pageOf(kind, page.parameters)}
        >
          {await options.more?.(page, form, { members, typed: state.typed, before: object })}
        </ObjectForm>
      </>
    ),
  });
  return {
    path: `${kind.base}/:id/edit`,
    title: `Change ${noun}`,
    needs: kind.change,
    show: async (page) => {
      const read = await page.api.read(apiPath(kind, page.parameters));
      if (!read.ok) return notRead(read.error);
      const object = objectOf(read.value);
      const query = page.url.searchParams;
      // What the address says goes before what is there, so that a proposal can be shown in the form before it is applied.
      const filledIn = namedIn(members, query);
      const proposed = Object.fromEntries(filledIn.map((name) => [name, query.get(name) ?? '']));
      return answer(page, null, object, { typed: { ...typedOf(members, object), ...proposed }, filledIn });
    },
    submit: async (page) => {
      const read = await page.api.read(apiPath(kind, page.parameters));
      if (!read.ok) return notRead(read.error);
      const object = objectOf(read.value);
      const typed = typedIn(members, page.form);
      if (page.form.get('do') === 'test') return answer(page, page.form, object, { typed });
      const { body, faults } = bodyOfChange(members, typed, object);
      if (faults.length > 0) return answer(page, page.form, object, { typed, problem: unreadable(faults) });
      const version = Number(page.form.get('version'));
      const judged = await judge(page, 'PATCH', apiPath(kind, page.parameters), body, version, typed);
      const written =
        judged === null ? await page.api.write('PATCH', apiPath(kind, page.parameters), body, { version }) : null;
      const state = judged ?? (written?.ok === false ? { typed, problem: written.error } : null);
      if (state === null) return { goTo: pageOf(kind, page.parameters) };
      const isLate =
        state.problem?.status === 412 || (state.problem?.status === 409 && state.problem.conflictsWith === null);
      return answer(page, page.form, object, isLate ? { ...state, meanwhile: object } : state);
    },
  };
}

/** What the API says before anything is written; null if it has nothing to say, or was heard already. */
async function judge(
  page: FormContext,
  method: 'POST' | 'PATCH',
  path: string,
  body: JsonObject,
  version: number | null,
  typed: Typed,
): Promise<FormState | null> {
  const judged = await page.api.write(method, path, body, {
    onlyJudge: true,
    ...(version === null ? {} : { version }),
  });
  if (!judged.ok) return { typed, problem: judged.error };
  const warnings = warningsIn(judged.value.body);
  const heard = new Set((page.form.get('warned') ?? '').split(' '));
  if (page.form.get('do') === 'check') return { typed, warnings, isAccepted: true };
  return warnings.every(({ code }) => heard.has(code)) ? null : { typed, warnings };
}

/** The page that deletes one, after it has named what goes with it. */
function deletePage(kind: Kind, options: FormOptions): ConsolePage {
  const { noun } = kind.definition;
  const title = `Delete ${noun}`;
  const answer = async (page: PageContext, problem: ApiProblem | null): Promise<PageAnswer> => {
    const read = await page.api.read(apiPath(kind, page.parameters));
    if (!read.ok) return notRead(read.error);
    const object = objectOf(read.value);
    return {
      status: problem === null ? 200 : formStatus(problem),
      body: (
        <>
          <PageHead title={title} lead={<Quoted text={nameOf(object)} />} />
          {problem === null ? null : <ProblemNotice problem={problem} title="Nothing was deleted" />}
          <Notice tone="warn" title="This cannot be undone">
            <p>The {noun} stops to count at once, and its identifier is never used again.</p>
            {await options.dependants?.(page, object)}
          </Notice>
          <ActionForm page={page} label={title}>
            <input type="hidden" name="version" value={String(object['objectVersion'])} />
            <div class="row">
              <button type="submit" class="danger">
                Delete
              </button>
              <a class="button" href={pageOf(kind, page.parameters)}>
                Cancel
              </a>
            </div>
          </ActionForm>
        </>
      ),
    };
  };
  return {
    path: `${kind.base}/:id/delete`,
    title,
    needs: kind.change,
    show: (page) => answer(page, null),
    submit: async (page) => {
      const version = Number(page.form.get('version'));
      const written = await page.api.write('DELETE', apiPath(kind, page.parameters), undefined, { version });
      return written.ok ? { goTo: listOf(kind, page.parameters) } : answer(page, written.error);
    },
  };
}

/** Members that the address of a page fills in: whoever wrote the link chose them. */
function namedIn(members: readonly FormMember[], query: URLSearchParams): readonly string[] {
  return members.map(({ name }) => name).filter((name) => query.has(name));
}

/** The page in place of one whose object cannot be read. */
export function notRead(problem: ApiProblem): PageAnswer {
  return { status: formStatus(problem), body: <ProblemNotice problem={problem} /> };
}

/** What people call an object. */
export function nameOf(object: JsonObject): string {
  return String(object['name'] ?? object['identity'] ?? '');
}

function unreadable(faults: ApiProblem['faults']): ApiProblem {
  return { status: 400, detail: 'some fields cannot be read', faults, conflictsWith: null, requestId: '' };
}

/** The status of a page that shows a refusal: the API's own, or 502 if the API failed in a way that no page has. */
export function formStatus({ status }: ApiProblem): PageStatus {
  if (status >= 500) return status === 503 ? 503 : 502;
  return SHOWN_STATUSES.find((shown) => shown === status) ?? 400;
}

const SHOWN_STATUSES = [403, 404, 409, 412, 422] as const;
