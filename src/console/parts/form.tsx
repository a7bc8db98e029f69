// Forms: each that changes something carries the mark of its session, and each field has a label, a hint and its own fault.

import type { Child } from 'hono/jsx';
import type { ApiProblem } from '../api.ts';
import { ANTI_FORGERY_FIELD } from '../forgery.ts';
import type { PageContext } from '../page.ts';
import { Notice } from './notice.tsx';
import { Quoted } from './text.tsx';
import { visibleText } from '../visible-text.ts';

/** A form that changes something. `action` is the page's own path unless it is given. */
export function ActionForm({
  page,
  action,
  children,
  label,
}: {
  readonly page: Pick<PageContext, 'antiForgery' | 'url'>;
  readonly action?: string;
  readonly children: Child;
  /** What a screen reader calls it. */
  readonly label?: string;
}): Child {
  return (
    <form method="post" action={action ?? page.url.pathname} class="stack" aria-label={label}>
      <input type="hidden" name={ANTI_FORGERY_FIELD} value={page.antiForgery} />
      {children}
    </form>
  );
}

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly hint?: Child;
  readonly fault?: string | null;
  readonly value?: string;
  readonly required?: boolean;
  readonly placeholder?: string;
}

/** A field of one line; `type` as in HTML. `options` makes it a choice, `lines` a larger field. */
export function Field({
  name,
  label,
  hint,
  fault = null,
  value = '',
  required = false,
  placeholder,
  type = 'text',
  options,
  lines,
  autocomplete = 'off',
}: FieldProps & {
  readonly type?: 'text' | 'password' | 'number' | 'datetime-local' | 'date' | 'search';
  readonly options?: readonly (readonly [value: string, label: string])[];
  readonly lines?: number;
  readonly autocomplete?: string;
}): Child {
  const id = `field-${name}`;
  const notes = [hint === undefined ? '' : `${id}-hint`, fault === null ? '' : `${id}-fault`].filter(
    (note) => note !== '',
  );
  const shared = {
    id,
    name,
    required,
    'aria-describedby': notes.length === 0 ? undefined : notes.join(' '),
    'aria-invalid': fault === null ? undefined : ('true' as const),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint === undefined ? null : (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {options !== undefined ? (
        <select {...shared}>
          {options.map(([choice, text]) => (
            <option value={choice} selected={choice === value}>
              {visibleText(text)}
            </option>
          ))}
        </select>
      ) : lines !== undefined ? (
        <textarea {...shared} rows={lines} spellcheck={false} autocomplete={autocomplete} placeholder={placeholder}>
          {value}
        </textarea>
      ) : (
        <input
          {...shared}
          type={type}
          value={value}
          autocomplete={autocomplete}
          spellcheck={false}
          placeholder={placeholder}
        />
      )}
      {fault === null ? null : (
        <span class="fault" id={`${id}-fault`}>
          <Quoted text={fault} />
        </span>
      )}
    </div>
  );
}

/** What the API says is wrong with a form, before the form: it takes focus, and each fault leads to its field. */
export function ErrorSummary({
  problem,
  fieldOf = (place) => place.replace(/^\//, ''),
}: {
  readonly problem: ApiProblem;
  /** The name of the field for a member's pointer. */
  readonly fieldOf?: (place: string) => string;
}): Child {
  return (
    <Notice tone="bad" title="Nothing was changed" isFocused>
      {problem.faults.length === 0 ? (
        <p>
          <Quoted text={problem.detail} />
        </p>
      ) : (
        <ul>
          {problem.faults.map(({ place, detail }) => (
            <li>
              <a href={`#field-${fieldOf(place)}`}>
                <Quoted text={place.replace(/^\//, '')} />
              </a>{' '}
              <Quoted text={detail} />
            </li>
          ))}
        </ul>
      )}
    </Notice>
  );
}

/** The fault of one member, for its field; null if it has none. */
export function faultOf(problem: ApiProblem | null, member: string): string | null {
  return problem?.faults.find(({ place }) => place.replace(/^\//, '') === member)?.detail ?? null;
}
