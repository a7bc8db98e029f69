// Makes zod schemas of rules: what judges written values, and what the reference shows; an exchange and the start of the CLI load none.

import * as z from 'zod';

import { MAX_MAP_ENTRIES, MAX_MAP_KEY_CHARS } from './limits.ts';
import { isWritable } from './definition.ts';
import type { Join, Member, Members, ObjectDefinition } from './definition.ts';
import { line } from './rule.ts';
import type { NestedRule, Rule, TextRule } from './rule.ts';
import { parseTimestamp, typeId } from './values.ts';

const NO_TEXT = 'must be a string';
const known = new WeakMap<Rule, z.ZodType>();

/** The schema of what a caller writes for a rule. */
export function schemaOf(rule: Rule): z.ZodType {
  const made = known.get(rule) ?? makeSchema(rule);
  known.set(rule, made);
  return made;
}

function makeSchema(rule: Rule): z.ZodType {
  switch (rule.kind) {
    case 'text':
      return textSchema(rule);
    case 'oneOf':
      return z.enum(rule.values, `must be one of ${rule.values.join(', ')}`);
    case 'number': {
      const { min, max } = rule;
      if (max === undefined) return z.int().min(min);
      const range = `must be a whole number from ${min} to ${max}`;
      return z.number(range).int(range).min(min, range).max(max, range);
    }
    case 'flag':
      return z.boolean();
    case 'timestamp':
      return z
        .string(NO_TEXT)
        .refine(
          (value) => parseTimestamp(value) !== null,
          'must be a time as in RFC 3339, such as 2027-01-31T12:00:00Z',
        );
    case 'identifier':
      return z.string(NO_TEXT).regex(typeId(rule.prefix), `must be an identifier that starts with ${rule.prefix}_`);
    case 'map':
      return mapSchema(schemaOf(rule.value));
    case 'list': {
      const items = z.array(schemaOf(rule.of), rule.must ?? 'must be a list');
      const bounded = rule.max === undefined ? items : items.max(rule.max, `must have at most ${rule.max} entries`);
      return rule.empty === undefined ? bounded : bounded.refine((values) => values.length > 0, rule.empty);
    }
    case 'json':
      return z.record(z.string(), z.unknown(), rule.must);
    case 'shape': {
      const members = Object.fromEntries(Object.entries(rule.members).map(([name, of]) => [name, schemaOf(of)]));
      return rule.open === undefined ? z.object(members) : z.looseObject(members, rule.open.must);
    }
    case 'nullable':
      return schemaOf(rule.of).nullable();
    case 'oneOrMany':
      return z.union([schemaOf(rule.of), schemaOf({ kind: 'list', of: rule.of, max: rule.max })], rule.must);
    case 'nested':
      return nestedSchema(rule);
    case 'nothing':
      return z.string(rule.must).refine(() => false, rule.must);
  }
}

function textSchema({ min, max, pattern, faults = [] }: TextRule): z.ZodType {
  let schema = z.string(NO_TEXT);
  if (min !== undefined)
    schema = schema.min(min, min === 1 ? 'must not be empty' : `must have at least ${min} characters`);
  if (max !== undefined) schema = schema.max(max, `must have at most ${max} characters`);
  if (pattern !== undefined) schema = schema.regex(pattern.regex, pattern.detail);
  for (const fault of faults) {
    schema = schema.superRefine((value, context) => {
      const message = fault(value);
      if (message !== null) context.addIssue({ code: 'custom', message });
    });
  }
  return schema;
}

function mapSchema(value: z.ZodType): z.ZodType {
  const key = schemaOf(line(1, MAX_MAP_KEY_CHARS));
  return z.record(z.string(), value, 'must be a map of strings to strings').superRefine((entries, context) => {
    const keys = Object.keys(entries);
    if (keys.length > MAX_MAP_ENTRIES) {
      context.addIssue({ code: 'custom', message: `must have at most ${MAX_MAP_ENTRIES} entries` });
    }
    for (const name of keys) {
      const fault = key.safeParse(name).error?.issues[0]?.message;
      if (fault !== undefined) context.addIssue({ code: 'custom', path: [name], message: `the key ${fault}` });
    }
  });
}

/** Null and absent mean the same inside: there is nothing yet that null could clear. */
function nestedSchema({ members, must }: NestedRule): z.ZodType {
  const entries = Object.entries<Member>(members as Members);
  const shape = entries.map(([name, member]) => {
    const schema = schemaOf(member.is);
    return [name, member.required === true ? schema : schema.nullish()] as const;
  });
  const defaults = entries.filter(([, member]) => member.required !== true);
  return z.strictObject(Object.fromEntries(shape), must).transform((written) => ({
    ...written,
    ...Object.fromEntries(defaults.map(([name, member]) => [name, written[name] ?? member.default])),
  }));
}

/** The schema of a body, for the reference: http/iam/members.ts reads a body, and reports every fault at its place. */
export function bodySchema({ members }: Pick<ObjectDefinition, 'members'>, creating: boolean): z.ZodType {
  const shape: Record<string, z.ZodType> = {};
  for (const [name, member] of Object.entries(members)) {
    if (!isWritable(member)) continue;
    // Null is taken wherever it counts as absent, but the reference shows it only where it says something.
    const clears = !creating && member.null === 'clears';
    const schema = clears ? describedSchema(member).nullable() : describedSchema(member);
    shape[name] = creating && member.required === true ? schema : schema.optional();
  }
  return z.strictObject(shape);
}

/** An object as it is answered. */
export function answerSchema({ members, joins, warns }: ObjectDefinition): z.ZodObject {
  const identity = z.string().describe('TypeID; immutable and never reused');
  const shape: Record<string, z.ZodType> = { identity };
  for (const [name, member] of Object.entries(members)) {
    if (member.hidden !== true) shape[name] = answeredSchema(member);
  }
  shape['createdAt'] = schemaOf({ kind: 'timestamp' });
  shape['updatedAt'] = schemaOf({ kind: 'timestamp' });
  shape['objectVersion'] = z.int().min(1).describe('Raised by one with each change; `if-match` compares it');
  for (const [name, join] of Object.entries(joins)) {
    if (join.answers.length === 0) continue;
    shape[name] = joinedSchema(join);
    for (const also of join.alsoAs ?? []) {
      shape[also] = joinedSchema(join).describe(
        `The same as \`${name}\`, as clients of the Thalassa Cloud API call it`,
      );
    }
  }
  if (warns === true) {
    shape['warnings'] = z
      .array(z.object({ code: z.string(), detail: z.string() }))
      .optional()
      .describe('What was accepted though it may be a mistake; in the answers to writes');
  }
  return z.object(shape);
}

function describedSchema({ is, description }: Member): z.ZodType {
  return description === undefined ? schemaOf(is) : schemaOf(is).describe(description);
}

function answeredSchema(member: Member): z.ZodType {
  const { is } = member;
  // A schema that allows null alone has no type in several languages.
  if (is.kind === 'nothing') return z.string().nullable().describe('Always null');
  if (is.kind === 'list' && is.of.kind === 'nested') return z.array(nestedAnswer(is.of));
  const schema = describedSchema(member);
  return member.null === 'clears' || member.null === 'unset' ? schema.nullable() : schema;
}

function nestedAnswer({ members }: NestedRule): z.ZodType {
  const shape = Object.entries<Member>(members as Members).map(([name, { is }]) => [name, unbounded(is)] as const);
  return z.object({ identity: z.string(), ...Object.fromEntries(shape) });
}

function joinedSchema({ answers }: Join): z.ZodType {
  return z.object(Object.fromEntries(['identity', ...answers].map((name) => [name, z.string()])));
}

function unbounded(rule: Rule): z.ZodType {
  return rule.kind === 'list' ? z.array(unbounded(rule.of)) : z.string();
}
