// The form of an object as a page: its fields, what the API says of them, and both versions if somebody was faster.

import type { Child } from 'hono/jsx';
import type { JsonObject } from '../../token/json.ts';
import { canonicalJson } from '../../token/canonical-json.ts';
import { isJsonObject } from '../../token/json.ts';
import type { JsonValue } from '../../token/json.ts';
import type { ApiProblem } from '../api.ts';
import type { PageContext } from '../page.ts';
import { ActionForm, ErrorSummary } from '../parts/form.tsx';
import { Notice } from '../parts/notice.tsx';
import { Table } from '../parts/table.tsx';
import { Code, Quoted } from '../parts/text.tsx';
import { labelOf, MemberField } from './member-field.tsx';
import type { Choices } from './member-field.tsx';
import type { FormMember, Typed } from './member-form.ts';
import { textOf } from './member-text.ts';

/** Something that was accepted though it may be a mistake. */
export interface Warned {
  readonly code: string;
  readonly detail: string;
}

/** What a form shows beside its fields. */
export interface FormState {
  readonly typed: Typed;
  readonly problem?: ApiProblem | null;
  /** Accepted with these; saving needs to be said once more. */
  readonly warnings?: readonly Warned[];
  /** It was judged and not saved, and the API would accept it. */
  readonly isAccepted?: boolean;
  /** Members that the address of the page filled in, and not the person who looks at it. */
  readonly filledIn?: readonly string[];
  /** What the object is now, if somebody changed it since the form was made. */
  readonly meanwhile?: JsonObject | null;
}

/** The warnings in an answer of the API. */
export function warningsIn(body: JsonValue | undefined): readonly Warned[] {
  const warnings = body !== undefined && isJsonObject(body) ? body['warnings'] : undefined;
  if (!Array.isArray(warnings)) return [];
  return (warnings as readonly JsonValue[])
    .filter(isJsonObject)
    .map(({ code, detail }) => ({ code: String(code), detail: String(detail) }));
}

/** The fields of an object in a form that changes something. `advanced` are shown when asked for. */
export function ObjectForm({
  page,
  members,
  state,
  choices,
  advanced,
  version,
  verb,
  back,
  children,
}: {
  readonly page: PageContext;
  readonly members: readonly FormMember[];
  readonly state: FormState;
  readonly choices: Readonly<Record<string, Choices>>;
  readonly advanced: ReadonlySet<string>;
  readonly version: number | null;
  readonly verb: string;
  readonly back: string;
  readonly children?: Child;
}): Child {
  const { typed, problem = null, warnings = [], isAccepted = false, meanwhile = null, filledIn = [] } = state;
  const faults = problem?.faults ?? [];
  const field = (one: FormMember): Child => (
    <MemberField of={one} value={typed[one.name] ?? ''} faults={faults} choices={choices[one.name]} />
  );
  const first = members.filter(({ name }) => !advanced.has(name));
  const others = members.filter(({ name }) => advanced.has(name));
  const isOpen = others.some(
    ({ name }) => filledIn.includes(name) || faults.some(({ place }) => memberOf(place) === name),
  );
  return (
    <>
      {meanwhile === null ? null : <Meanwhile members={members} typed={typed} now={meanwhile} />}
      {problem === null || meanwhile !== null ? null : <ErrorSummary problem={problem} fieldOf={memberOf} />}
      {problem?.conflictsWith === null || problem === null ? null : (
        <p>
          It is <Quoted text={problem.conflictsWith.name} /> (<Code text={problem.conflictsWith.identity} />
          ).
        </p>
      )}
      {filledIn.length === 0 ? null : (
        <Notice tone="warn" title="The link that led here filled in some fields">
          <p>Look at them before you save: {filledIn.map(labelOf).join(', ')}.</p>
        </Notice>
      )}
      {isAccepted && warnings.length === 0 ? (
        <Notice tone="good" title="The service would accept this" isFocused>
          <p>Nothing is saved yet, and there is nothing to warn about.</p>
        </Notice>
      ) : null}
      {warnings.length === 0 ? null : (
        <Notice tone="warn" title="The service would accept this, and warns" isFocused>
          <ul>
            {warnings.map(({ code, detail }) => (
              <li>
                <Quoted text={detail} /> <span class="soft small">({code})</span>
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <ActionForm page={page} label={verb}>
        {version === null ? null : <input type="hidden" name="version" value={String(version)} />}
        {warnings.length === 0 ? null : (
          <input type="hidden" name="warned" value={warnings.map(({ code }) => code).join(' ')} />
        )}
        <div class="card">
          {first.map(field)}
          {others.length === 0 ? null : (
            <details open={isOpen}>
              <summary>More settings</summary>
              <div class="stack">{others.map(field)}</div>
            </details>
          )}
        </div>
        {children}
        <div class="row">
          <button type="submit" class="first" name="do" value="save">
            {warnings.length === 0 ? verb : `${verb} all the same`}
          </button>
          <button type="submit" name="do" value="check">
            Check without saving
          </button>
          <a class="button" href={back}>
            Cancel
          </a>
        </div>
      </ActionForm>
    </>
  );
}

function memberOf(place: string): string {
  return place.split('/')[1] ?? place;
}

function Meanwhile({
  members,
  typed,
  now,
}: {
  readonly members: readonly FormMember[];
  readonly typed: Typed;
  readonly now: JsonObject;
}): Child {
  const differing = members.filter(
    ({ name, writing }) => textOf(writing, now[name]).trim() !== (typed[name] ?? '').trim(),
  );
  return (
    <>
      <Notice tone="warn" title="Somebody changed it meanwhile" isFocused>
        <p>
          Nothing was saved. Both versions are below where they differ. What you typed is still in the form: saving it
          now replaces what is there.
        </p>
      </Notice>
      <Table
        caption="Both versions"
        columns={[{ heading: 'Member' }, { heading: 'As it is now' }, { heading: 'What you typed' }]}
        rows={differing.map(({ name, writing }) => [
          labelOf(name),
          <Text of={textOf(writing, now[name])} />,
          <Text of={typed[name] ?? ''} />,
        ])}
        empty="They are the same."
      />
    </>
  );
}

function Text({ of }: { readonly of: string }): Child {
  return of === '' ? <span class="soft">nothing</span> : <Code text={of} />;
}

/** A value of an object for people: lists with commas, objects as JSON. */
export function shownValue(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value))
    return value.map((one) => (typeof one === 'object' ? canonicalJson(one) : String(one))).join(', ');
  return typeof value === 'object' ? canonicalJson(value) : String(value);
}
