// Turns options into the members of a request; knows the kinds of values, not the objects.

import type { OptionReader } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { withArticle } from './resources.ts';
import type { Member, ResourceDescription } from './resources.ts';

/** `trustedAudiences` as an option: `trusted-audiences`. */
export function optionName(member: string): string {
  return member.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The members that the options and `--set` name; `--set` comes last, and `null` clears. */
export function membersFrom({ members, noun }: ResourceDescription, options: OptionReader): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const member of members) {
    const option = optionName(member.name);
    const values =
      member.kind === 'list' ? options.list(option) : [options.text(option)].filter((text) => text !== undefined);
    if (values.length > 0)
      body[member.name] = member.kind === 'list' ? values : parseValue(member, values[0] ?? '', `--${option}`);
  }
  for (const assignment of options.list('set')) {
    const at = assignment.indexOf('=');
    const name = assignment.slice(0, Math.max(at, 0));
    const member = members.find((known) => known.name === name);
    if (member === undefined) {
      throw usageFailure(
        `--set ${assignment} sets nothing of ${withArticle(noun)}.`,
        `It is member=value; the members are ${members.map((known) => known.name).join(', ')}.`,
      );
    }
    body[name] =
      assignment.slice(at + 1) === 'null' ? null : parseValue(member, assignment.slice(at + 1), `--set ${name}`);
  }
  return body;
}

/** The map of `--label key=value` options; null where there is none. */
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

function parseValue({ kind, choices }: Member, text: string, option: string): unknown {
  if (choices !== undefined && !choices.includes(text))
    throw usageFailure(`${option} must be one of ${choices.join(', ')}, not ${JSON.stringify(text)}.`);
  switch (kind) {
    case 'text':
      return text;
    case 'number':
      if (!/^\d{1,15}$/.test(text))
        throw usageFailure(`${option} must be a whole number, not ${JSON.stringify(text)}.`);
      return Number(text);
    case 'list':
      return text.startsWith('[') ? parseJson(text, option) : text.split(',').filter((part) => part !== '');
    case 'json':
      return parseJson(text, option);
  }
}

function parseJson(text: string, option: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw usageFailure(`${option} must be JSON, such as '{"ref": "refs/heads/main"}'.`);
  }
}
