// Makes zod schemas of rules: what judges written values, and what the reference shows; an exchange and the start of the CLI load none.

import { en } from 'zod/locales';
import * as z from 'zod/mini';

import { MAX_MAP_ENTRIES, MAX_MAP_KEY_CHARS } from './limits.ts';
import { isWritable } from './definition.ts';
import type { Join, Member, Members, ObjectDefinition } from './definition.ts';
import { line } from './rule.ts';
import type { NestedRule, Rule, TextRule } from './rule.ts';
import { parseTimestamp, typeId } from './values.ts';

// Words for the faults that have none of their own.
z.config(en());

const NO_TEXT = 'must be a string';
const known = new WeakMap<Rule, z.ZodMiniType>();

/** The schema of what a caller writes for a rule. */
export function schemaOf(rule: Rule): z.ZodMiniType {
  const made = known.get(rule) ?? makeSchema(rule);
  known.set(rule, made);
  return made;
}

function makeSchema(rule: Rule): z.ZodMiniType {
  switch (rule.kind) {
    case 'text':
      return textSchema(rule);
    case 'oneOf':
      return z.enum(rule.values, `must be one of ${rule.values.join(', ')}`);
    case 'number': {
      const { min, max } = rule;
      if (max === undefined) return z.int().check(z.minimum(min));
      const range = `must be a whole number from ${min} to ${max}`;
      return z.int(range).check(z.minimum(min, range), z.maximum(max, range));
    }
    case 'flag':
      return z.boolean();
    case 'timestamp':
      return z
        .string(NO_TEXT)
        .check(
          z.refine(
            (value) => parseTimestamp(value) !== null,
            'must be a time as in RFC 3339, such as 2027-01-31T12:00:00Z',
          ),
        );
    case 'identifier':
      return z
        .string(NO_TEXT)
        .check(z.regex(typeId(rule.prefix), `must be an identifier that starts with ${rule.prefix}_`));
    case 'map':
      return mapSchema(schemaOf(rule.value));
    case 'list': {
      const items = z.array(schemaOf(rule.of), rule.must ?? 'must be a list');
      const bounded =
        rule.max === undefined ? items : items.check(z.maxLength(rule.max, `must have at most ${rule.max} entries`));
      return rule.empty === undefined ? bounded : bounded.check(z.refine((values) => values.length > 0, rule.empty));
    }
    case 'json':
      return z.record(z.string(), z.unknown(), rule.must);
    case 'shape': {
      const members = Object.fromEntries(Object.entries(rule.members).map(([name, of]) => [name, schemaOf(of)]));
      return rule.open === undefined ? z.object(members) : z.looseObject(members, rule.open.must);
    }
    case 'nullable':
      return z.nullable(schemaOf(rule.of));
    case 'oneOrMany':
      return z.union([schemaOf(rule.of), schemaOf({ kind: 'list', of: rule.of, max: rule.max })], rule.must);
    case 'nested':
      return nestedSchema(rule);
    case 'nothing':
      return z.string(rule.must).check(z.refine(() => false, rule.must));
  }
}

function textSchema({ min, max, pattern, faults = [] }: TextRule): z.ZodMiniType {
  let schema = z.string(NO_TEXT);
  if (min !== undefined)
    schema = schema.check(z.minLength(min, min === 1 ? 'must not be empty' : `must have at least ${min} characters`));
  if (max !== undefined) schema = schema.check(z.maxLength(max, `must have at most ${max} characters`));
  if (pattern !== undefined) schema = schema.check(z.regex(pattern.regex, pattern.detail));
  for (const fault of faults) {
    schema = schema.check(
      z.superRefine((value, context) => {
        const message = fault(value);
        if (message !== null) context.addIssue({ code: 'custom', message });
      }),
    );
  }
  return schema;
}

function mapSchema(value: z.ZodMiniType): z.ZodMiniType {
  const key = schemaOf(line(1, MAX_MAP_KEY_CHARS));
  return z.record(z.string(), value, 'must be a map of strings to strings').check(
    z.superRefine((entries, context) => {
      const keys = Object.keys(entries);
      if (keys.length > MAX_MAP_ENTRIES) {
        context.addIssue({ code: 'custom', message: `must have at most ${MAX_MAP_ENTRIES} entries` });
      }
      for (const name of keys) {
        const fault = key.safeParse(name).error?.issues[0]?.message;
        if (fault !== undefined) context.addIssue({ code: 'custom', path: [name], message: `the key ${fault}` });
      }
    }),
  );
}

/** Null and absent mean the same inside: there is nothing yet that null could clear. */
function nestedSchema({ members, must }: NestedRule): z.ZodMiniType {
  const entries = Object.entries<Member>(members as Members);
  const shape = entries.map(([name, member]) => {
    const schema = schemaOf(member.is);
    return [name, member.required === true ? schema : z.nullish(schema)] as const;
  });
  const defaults = entries.filter(([, member]) => member.required !== true);
  return z.pipe(
    z.strictObject(Object.fromEntries(shape), must),
    z.transform((written) => ({
      ...written,
      ...Object.fromEntries(defaults.map(([name, member]) => [name, written[name] ?? member.default])),
    })),
  );
}

/** The schema of a body, for the reference: http/iam/members.ts reads a body, and reports every fault at its place. */
export function bodySchema({ members }: Pick<ObjectDefinition, 'members'>, creating: boolean): z.ZodMiniType {
  const shape: Record<string, z.ZodMiniType> = {};
  for (const [name, member] of Object.entries(members)) {
    if (!isWritable(member)) continue;
    // Null is taken whenever it counts as absent, but the reference shows it only if it says something.
    const clears = !creating && member.null === 'clears';
    const schema = clears ? z.nullable(describedSchema(member)) : describedSchema(member);
    shape[name] = creating && member.required === true ? schema : z.optional(schema);
  }
  return z.strictObject(shape);
}

/** An object as it is answered. */
export function answerSchema({ members, joins, warns }: ObjectDefinition): z.ZodMiniObject {
  const identity = z.string().check(z.describe('TypeID; immutable and never reused'));
  const shape: Record<string, z.ZodMiniType> = { identity };
  for (const [name, member] of Object.entries(members)) {
    if (member.hidden !== true) shape[name] = answeredSchema(member);
  }
  shape['createdAt'] = schemaOf({ kind: 'timestamp' });
  shape['updatedAt'] = schemaOf({ kind: 'timestamp' });
  shape['objectVersion'] = z
    .int()
    .check(z.minimum(1))
    .check(z.describe('Raised by one with each change; `if-match` compares it'));
  for (const [name, join] of Object.entries(joins)) {
    if (join.answers.length === 0) continue;
    shape[name] = joinedSchema(join);
    for (const also of join.alsoAs ?? []) {
      shape[also] = joinedSchema(join).check(
        z.describe(`The same as \`${name}\`, as clients of the Thalassa Cloud API call it`),
      );
    }
  }
  if (warns === true) {
    shape['warnings'] = z
      .optional(z.array(z.object({ code: z.string(), detail: z.string() })))
      .check(z.describe('What was accepted though it may be a mistake; in the answers to writes'));
  }
  return z.object(shape);
}

function describedSchema({ is, description }: Member): z.ZodMiniType {
  return description === undefined ? schemaOf(is) : schemaOf(is).check(z.describe(description));
}

function answeredSchema(member: Member): z.ZodMiniType {
  const { is } = member;
  // A schema that allows null alone has no type in several languages.
  if (is.kind === 'nothing') return z.nullable(z.string()).check(z.describe('Always null'));
  if (is.kind === 'list' && is.of.kind === 'nested') return z.array(nestedAnswer(is.of));
  const schema = describedSchema(member);
  return member.null === 'clears' || member.null === 'unset' ? z.nullable(schema) : schema;
}

function nestedAnswer({ members }: NestedRule): z.ZodMiniType {
  const shape = Object.entries<Member>(members as Members).map(([name, { is }]) => [name, unbounded(is)] as const);
  return z.object({ identity: z.string(), ...Object.fromEntries(shape) });
}

function joinedSchema({ answers }: Join): z.ZodMiniType {
  return z.object(Object.fromEntries(['identity', ...answers].map((name) => [name, z.string()])));
}

function unbounded(rule: Rule): z.ZodMiniType {
  return rule.kind === 'list' ? z.array(unbounded(rule.of)) : z.string();
}
