// Turns options into the members of a request; knows the kinds of values, not the objects.

import type { OptionReader } from '../command.ts';
import { usageFailure } from '../failure.ts';
import type { ObjectDefinition } from '../../objects/definition.ts';
import { membersOf, withArticle } from './resources.ts';
import type { OptionMember } from './resources.ts';

/** The members that the options and `--set` name; `--set` comes last, and `null` clears. */
export function membersFrom(object: ObjectDefinition, options: OptionReader): Record<string, unknown> {
  const members = membersOf(object);
  const body: Record<string, unknown> = {};
  for (const member of members) {
    const { option } = member;
    const isList = member.member.is.kind === 'list';
    const values = isList ? options.list(option) : [options.text(option)].filter((text) => text !== undefined);
    if (values.length > 0) body[member.name] = isList ? values : parseValue(member, values[0] ?? '', `--${option}`);
  }
  for (const assignment of options.list('set')) {
    const at = assignment.indexOf('=');
    const name = assignment.slice(0, Math.max(at, 0));
    const member = members.find((known) => known.name === name);
    if (member === undefined) {
      throw usageFailure(
        `--set ${assignment} sets nothing of ${withArticle(object.noun)}.`,
        `It is member=value; the members are ${members.map((known) => known.name).join(', ')}.`,
      );
    }
    body[name] =
      assignment.slice(at + 1) === 'null' ? null : parseValue(member, assignment.slice(at + 1), `--set ${name}`);
  }
  return body;
}

/** The map of `--label key=value` options; null if there is none. */
export function labelsFrom(options: OptionReader): Readonly<Record<string, string>> | null {
  const given = options.list('label');
  if (given.length === 0) return null;
  return Object.fromEntries(
    given.map((label): [string, string] => {
      const at = label.indexOf('=');
      if (at <= 0) throw usageFailure(`--label ${label} is not key=value.`);
      return [label.slice(0, at), label.slice(at + 1)];
    }),
  );
}

function parseValue({ member: { is }, choices }: OptionMember, text: string, option: string): unknown {
  if (choices !== null && !choices.includes(text))
    throw usageFailure(`${option} must be one of ${choices.join(', ')}, not ${JSON.stringify(text)}.`);
  switch (is.kind) {
    case 'number':
      if (!/^\d{1,15}$/.test(text))
        throw usageFailure(`${option} must be a whole number, not ${JSON.stringify(text)}.`);
      return Number(text);
    case 'list':
      return text.startsWith('[') ? parseJson(text, option) : text.split(',').filter((part) => part !== '');
    case 'json':
    case 'map':
    case 'shape':
      return parseJson(text, option);
    default:
      return text;
  }
}

function parseJson(text: string, option: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw usageFailure(`${option} must be JSON, such as '{"ref": "refs/heads/main"}'.`);
  }
}
