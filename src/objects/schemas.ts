// The JSON Schemas of rules and of the API's objects, for the reference; judge.ts judges what is written.

import type { JsonObject } from '../token/json.ts';
import { isWritable } from './definition.ts';
import type { Join, Member, Members, ObjectDefinition } from './definition.ts';
import { anyObject, arrayOf, boolean, dateTime, described, object, oneOfTexts, orNull, string } from './json-schema.ts';
import type { ListRule, NestedRule, Rule, TextRule } from './rule.ts';
import { typeId } from './values.ts';

/** What a value of a rule looks like. */
function schemaOf(rule: Rule): JsonObject {
  switch (rule.kind) {
    case 'text':
      return textSchema(rule);
    case 'oneOf':
      return oneOfTexts(rule.values);
    case 'number':
      return { type: 'integer', minimum: rule.min, ...(rule.max === undefined ? {} : { maximum: rule.max }) };
    case 'flag':
      return boolean;
    case 'timestamp':
      return dateTime;
    case 'identifier':
      return { type: 'string', pattern: typeId(rule.prefix).source };
    case 'map':
      return { type: 'object', additionalProperties: schemaOf(rule.value) };
    case 'list':
      return listSchema(rule);
    case 'json':
      return anyObject;
    case 'shape': {
      const members = Object.entries(rule.members).map(([name, of]) => [name, schemaOf(of)] as const);
      return {
        ...object(Object.fromEntries(members)),
        ...(rule.open === undefined ? {} : { additionalProperties: {} }),
      };
    }
    case 'nullable':
      return orNull(schemaOf(rule.of));
    case 'oneOrMany':
      return { anyOf: [schemaOf(rule.of), listSchema({ kind: 'list', of: rule.of, max: rule.max })] };
    case 'nested':
      return nestedSchema(rule);
    case 'nothing':
      return string;
  }
}

function textSchema({ min = 0, max, pattern }: TextRule): JsonObject {
  return {
    type: 'string',
    ...(min === 0 ? {} : { minLength: min }),
    ...(max === undefined ? {} : { maxLength: max }),
    ...(pattern === undefined ? {} : { pattern: pattern.regex.source }),
  };
}

function listSchema({ of, max }: ListRule): JsonObject {
  return { ...(max === undefined ? {} : { maxItems: max }), ...arrayOf(schemaOf(of)) };
}

/** Null and absent mean the same inside: there is nothing yet that null could clear. */
function nestedSchema({ members }: NestedRule): JsonObject {
  const shape: Record<string, JsonObject> = {};
  const optional: string[] = [];
  for (const [name, { is, required }] of Object.entries<Member>(members as Members)) {
    shape[name] = required === true ? schemaOf(is) : orNull(schemaOf(is));
    if (required !== true) optional.push(name);
  }
  return { ...object(shape, optional), additionalProperties: false };
}

/** The schema of a body, for the reference: http/iam/members.ts reads a body, and reports every fault at its place. */
export function bodySchema({ members }: Pick<ObjectDefinition, 'members'>, creating: boolean): JsonObject {
  const shape: Record<string, JsonObject> = {};
  const optional: string[] = [];
  for (const [name, member] of Object.entries(members)) {
    if (!isWritable(member)) continue;
    // Null is taken whenever it counts as absent, but the reference shows it only if it says something.
    shape[name] = !creating && member.null === 'clears' ? orNull(describedSchema(member)) : describedSchema(member);
    if (!creating || member.required !== true) optional.push(name);
  }
  return { ...object(shape, optional), additionalProperties: false };
}

/** An object as it is answered. */
export function answerSchema({ members, joins, warns }: ObjectDefinition): JsonObject {
  const shape: Record<string, JsonObject> = { identity: described(string, 'TypeID; immutable and never reused') };
  for (const [name, member] of Object.entries(members)) {
    if (member.hidden !== true) shape[name] = answeredSchema(member);
  }
  shape['createdAt'] = dateTime;
  shape['updatedAt'] = dateTime;
  shape['objectVersion'] = described(
    { type: 'integer', minimum: 1 },
    'Raised by one with each change; `if-match` compares it',
  );
  for (const [name, join] of Object.entries(joins)) {
    if (join.answers.length === 0) continue;
    shape[name] = joinedSchema(join);
    for (const also of join.alsoAs ?? []) {
      shape[also] = described(
        joinedSchema(join),
        `The same as \`${name}\`, as clients of the Thalassa Cloud API call it`,
      );
    }
  }
  if (warns !== true) return object(shape);
  shape['warnings'] = described(
    arrayOf(object({ code: string, detail: string })),
    'What was accepted though it may be a mistake; in the answers to writes',
  );
  return object(shape, ['warnings']);
}

/** The schema of one member, with its sentence. */
export function describedSchema({ is, description }: Member): JsonObject {
  return described(schemaOf(is), description);
}

function answeredSchema(member: Member): JsonObject {
  const { is } = member;
  // A schema that allows null alone has no type in several languages.
  if (is.kind === 'nothing') return described(orNull(string), 'Always null');
  if (is.kind === 'list' && is.of.kind === 'nested') return arrayOf(nestedAnswer(is.of));
  const schema = describedSchema(member);
  return member.null === 'clears' || member.null === 'unset' ? orNull(schema) : schema;
}

function nestedAnswer({ members }: NestedRule): JsonObject {
  const shape = Object.entries<Member>(members as Members).map(([name, { is }]) => [name, unbounded(is)] as const);
  return object({ identity: string, ...Object.fromEntries(shape) });
}

function joinedSchema({ answers }: Join): JsonObject {
  return object(Object.fromEntries(['identity', ...answers].map((name) => [name, string])));
}

function unbounded(rule: Rule): JsonObject {
  return rule.kind === 'list' ? arrayOf(unbounded(rule.of)) : string;
}
