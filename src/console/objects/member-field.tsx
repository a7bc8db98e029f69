// One member of an object as a field, with its own description, and the fault that the API found in it.

import type { Child } from 'hono/jsx';
import type { ApiFault } from '../api.ts';
import { Field } from '../parts/form.tsx';
import type { FormMember } from './member-form.ts';
import type { Writing } from './member-text.ts';

export type Choices = readonly (readonly [value: string, label: string])[];

/** `providerSubject` → `Provider subject`; the wire's name is in the hint, since messages of the API use it. */
export function labelOf(name: string): string {
  const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace(/ identity$/, '');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const HOW: Readonly<Partial<Record<Writing, string>>> = {
  list: 'One on each line.',
  map: 'key=value, one on each line.',
  json: 'JSON.',
  time: 'RFC 3339, such as 2027-01-31T00:00:00Z.',
};

/** The faults of a member, and of what is in it. */
function faultsOf(faults: readonly ApiFault[], name: string): string | null {
  const own = faults.filter(({ place }) => place === `/${name}` || place.startsWith(`/${name}/`));
  const texts = own.map(({ place, detail }) =>
    place === `/${name}` ? detail : `${place.slice(name.length + 1)} ${detail}`,
  );
  return texts.length === 0 ? null : texts.join('; ');
}

/** The field of a member. `choices` are the objects that a reference may name. */
export function MemberField({
  of: { name, member, writing },
  value,
  faults,
  choices,
}: {
  readonly of: FormMember;
  readonly value: string;
  readonly faults: readonly ApiFault[];
  readonly choices?: Choices | undefined;
}): Child {
  const { is, required = false } = member;
  const description = member.description ?? (member.option === undefined ? '' : sentence(member.option.help));
  const hint = [description.replaceAll('`', ''), HOW[writing]].filter((text) => text !== undefined && text !== '');
  const named = choices === undefined || choices.length === 0 ? undefined : [['', 'choose one'] as const, ...choices];
  const options = named ?? optionsOf(is, required);
  return (
    <Field
      name={name}
      label={labelOf(name)}
      value={value}
      required={required}
      fault={faultsOf(faults, name)}
      {...(hint.length === 0
        ? {}
        : { hint: hint.map((text) => (/[.…]$/.test(text ?? '') ? text : `${text}.`)).join(' ') })}
      {...(options === undefined ? {} : { options: withValue(options, value) })}
      {...(writing === 'number' ? { type: 'number' as const } : {})}
      {...(LINES[writing] === undefined ? {} : { lines: LINES[writing] })}
    />
  );
}

const LINES: Readonly<Partial<Record<Writing, number>>> = { lines: 3, list: 3, map: 3, json: 6 };

function optionsOf(is: FormMember['member']['is'], required: boolean): Choices | undefined {
  if (is.kind === 'flag')
    return [
      ['', 'not said'],
      ['true', 'yes'],
      ['false', 'no'],
    ];
  if (is.kind !== 'oneOf') return undefined;
  const values = is.values.filter((value) => !is.derived.includes(value));
  return [...(required ? [] : [['', 'usual'] as const]), ...values.map((value) => [value, value] as const)];
}

/** A value that is no longer among the choices stays what it is until somebody chooses another one. */
function withValue(options: Choices, value: string): Choices {
  return options.some(([one]) => one === value) ? options : [[value, value], ...options];
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
