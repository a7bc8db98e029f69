// list, show, create, update and delete for every kind of object, made of its description; what differs between kinds is data.

import type { JsonMap } from '../api.ts';
import type { Command, CommandArgument, CommandContext, CommandOption } from '../command.ts';
import { confirm, YES } from '../confirm.ts';
import { usageFailure } from '../failure.ts';
import { cellOf, formatPairs, formatStep, formatTable, textOf } from '../output.ts';
import { findObject, pathOf } from './find-object.ts';
import { collectionOf, filtersOf, hasSlug, membersOf, referencesOf, withArticle } from './resources.ts';
import type { OptionMember, Resource } from './resources.ts';
import { labelsFrom, membersFrom } from './values.ts';

const LABEL: CommandOption = { flags: '--label <key=value>', description: 'a label', repeatable: true };
const SET: CommandOption = {
  flags: '--set <member=value>',
  description: 'any member by its name in the API; lists with commas or as JSON, null clears',
  repeatable: true,
};

/** The five commands of a kind of object. */
export function objectCommands(resource: Resource): readonly Command[] {
  const { object, group, examples } = resource;
  const { noun } = object;
  const members = membersOf(object);
  const one = withArticle(noun);
  const which: CommandArgument = {
    name: `<${hasSlug(resource) ? 'id, slug or name' : 'id or name'}>`,
    description: `the ${noun}`,
    completes: group,
  };
  const command = (
    name: string,
    summary: string,
    rest: Omit<Command, 'name' | 'summary' | 'description'>,
  ): Command => ({
    name,
    summary,
    description: `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ...rest,
  });
  return [
    command('list', `list every ${noun}`, {
      options: [
        { flags: '--name <name>', description: 'of this name only' },
        { flags: '--label <key=value>', description: 'with this label only', repeatable: true },
        ...filtersOf(object).map(({ option, description, completes }) => ({
          flags: `--${option} <value>`,
          description,
          ...(completes === undefined ? {} : { completes }),
        })),
      ],
      arguments: [],
      examples: [`cambist ${group} list`, `cambist ${group} list --json`],
      run: async (context) => await listObjects(resource, context),
    }),
    command('show', `show one ${noun} in full`, {
      options: [],
      arguments: [which],
      examples: [`cambist ${group} show ${examples.name}`],
      run: async (context) => await showObject(resource, context),
    }),
    command('create', `create ${one}`, {
      options: [
        ...referencesOf(object).map((reference) => ({
          ...memberOption(reference),
          required: true,
          completes: reference.resource.group,
        })),
        ...members.map((member) => memberOption(member)),
        LABEL,
        SET,
      ],
      arguments: [],
      examples: [`cambist ${group} create ${examples.create}`],
      run: async (context) => await createObject(resource, context),
    }),
    command('update', `change members of ${one}; the others stay`, {
      options: [
        ...members.filter(({ member }) => member.immutable === undefined).map((member) => memberOption(member)),
        { ...LABEL, description: 'a label to add or change; `--label key=` empties it' },
        SET,
        { flags: '--if-match <version>', description: 'only if its objectVersion is still this one' },
        ...(canBeRevoked(members) ? [YES] : []),
      ],
      arguments: [which],
      examples: [`cambist ${group} update ${examples.name} ${examples.change}`],
      run: async (context) => await updateObject(resource, context),
    }),
    command('delete', `delete ${one}; asks first`, {
      options: [YES, { flags: '--if-match <version>', description: 'only if its objectVersion is still this one' }],
      arguments: [which],
      examples: [`cambist ${group} delete ${examples.name} --yes`],
      run: async (context) => await deleteObject(resource, context),
    }),
  ];
}

function memberOption({ member, option, value, help, choices, completes }: OptionMember): CommandOption {
  return {
    flags: `--${option} ${value}`,
    description: help,
    ...(member.is.kind === 'list' ? { repeatable: true } : {}),
    ...(choices === null ? {} : { choices }),
    ...(completes === null ? {} : { completes }),
  };
}

async function listObjects(resource: Resource, context: CommandContext): Promise<void> {
  const { columns, object } = resource;
  const { options, output } = context;
  const query: Record<string, string> = {};
  for (const { option, parameter } of [{ option: 'name', parameter: 'name' }, ...filtersOf(object)]) {
    const value = options.text(option);
    if (value !== undefined) query[parameter] = value;
  }
  for (const [key, value] of Object.entries(labelsFrom(options) ?? {})) query[`matchLabels[${key}]`] = value;
  const views = await (await context.api()).list(collectionOf(resource), query);
  output.data(views, () => {
    if (views.length === 0) return output.line(`There is no ${object.noun}.`);
    output.line(
      formatTable(
        columns.map(([heading]) => heading),
        views.map((view) => columns.map(([, member]) => cellOf(view, member))),
      ),
    );
  });
}

async function showObject(resource: Resource, context: CommandContext): Promise<void> {
  const view = await theObject(resource, context);
  context.output.data(view, () =>
    context.output.line(formatPairs(Object.entries(view).map(([name, value]) => [name, textOf(value)]))),
  );
}

async function createObject(resource: Resource, context: CommandContext): Promise<void> {
  const { options } = context;
  const body = membersFrom(resource.object, options);
  const missing = membersOf(resource.object).filter(
    ({ name, member }) => member.required === true && body[name] === undefined,
  );
  if (missing.length > 0) throw usageFailure(`Missing: ${missing.map(({ option }) => `--${option}`).join(', ')}.`);
  const labels = labelsFrom(options);
  if (labels !== null) body['labels'] = labels;
  const api = await context.api();
  for (const { name, option, resource: other } of referencesOf(resource.object))
    body[name] = (await findObject(api, other, options.text(option) ?? ''))['identity'];
  tellOutcome(resource, 'created', await api.post(collectionOf(resource), body), context);
}

async function updateObject(resource: Resource, context: CommandContext): Promise<number> {
  const { options } = context;
  const body = membersFrom(resource.object, options);
  const labels = labelsFrom(options);
  if (labels === null && Object.keys(body).length === 0)
    throw usageFailure('There is nothing to change: name a member.');
  const ifMatch = options.wholeNumber('if-match');
  const current = await theObject(resource, context);
  const { noun } = resource.object;
  const question = `Revoke the ${noun} ${String(current['name'])} (${String(current['identity'])})?`;
  if (body['status'] === 'revoked' && current['status'] !== 'revoked' && !(await confirm(question, context))) {
    context.output.line('Nothing was changed.');
    return 1;
  }
  if (labels !== null) body['labels'] = { ...(current['labels'] as object), ...labels };
  // Labels are replaced as a whole, so they must still be those that were read.
  const version = ifMatch ?? (labels === null ? undefined : Number(current['objectVersion']));
  const after = await (await context.api()).put(pathOf(resource, current), body, version);
  const outcome = after['objectVersion'] === current['objectVersion'] ? 'unchanged' : 'changed';
  tellOutcome(resource, outcome, after, context);
  return 0;
}

function canBeRevoked(members: readonly OptionMember[]): boolean {
  return members.some(({ name, choices }) => name === 'status' && choices?.includes('revoked') === true);
}

async function deleteObject(resource: Resource, context: CommandContext): Promise<number> {
  const { output, options } = context;
  const ifMatch = options.wholeNumber('if-match');
  const view = await theObject(resource, context);
  const question = `Delete the ${resource.object.noun} ${String(view['name'])} (${String(view['identity'])})?`;
  if (!(await confirm(question, context))) {
    output.line('Nothing was deleted.');
    return 1;
  }
  await (await context.api()).delete(pathOf(resource, view), ifMatch);
  output.data({ identity: view['identity'], deleted: true }, () =>
    output.line(stepLine(resource, 'deleted', view, context)),
  );
  return 0;
}

async function theObject(resource: Resource, { api, arguments: [reference] }: CommandContext): Promise<JsonMap> {
  if (reference === undefined || reference === '') throw usageFailure(`Which ${resource.object.noun}?`);
  return await findObject(await api(), resource, reference);
}

function tellOutcome(resource: Resource, outcome: string, view: JsonMap, context: CommandContext): void {
  context.output.data(view, () => context.output.line(stepLine(resource, outcome, view, context)));
  for (const { detail } of warningsOf(view)) context.output.warn(detail);
  for (const doubt of resource.doubts?.(view) ?? []) context.output.warn(doubt);
}

function stepLine({ object: { noun } }: Resource, outcome: string, view: JsonMap, { output }: CommandContext): string {
  const title = `${noun.charAt(0).toUpperCase()}${noun.slice(1)}`;
  return formatStep(output.paint('green', '✔'), title, outcome, `${String(view['identity'])}  ${String(view['name'])}`);
}

function warningsOf(view: JsonMap): readonly { readonly detail: string }[] {
  const { warnings } = view as { readonly warnings?: unknown };
  return Array.isArray(warnings) ? (warnings as readonly { detail: string }[]) : [];
}
