// Generates terraform/internal/object/objects.json, what the Terraform provider makes its schemas of, from src/objects; knows no member by name.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { accessCredential } from '../src/objects/access-credential.ts';
import type { Join, Member, Members, ObjectDefinition } from '../src/objects/definition.ts';
import { isWritable, snakeCase } from '../src/objects/definition.ts';
import { federatedIdentity } from '../src/objects/federated-identity.ts';
import { identityProvider } from '../src/objects/identity-provider.ts';
import { organisation } from '../src/objects/organisation.ts';
import { roleBinding } from '../src/objects/role-binding.ts';
import { role, roleRule } from '../src/objects/role.ts';
import { TABLES } from '../src/objects/rule.ts';
import type { NestedRule, Rule } from '../src/objects/rule.ts';
import { serviceAccount } from '../src/objects/service-account.ts';
import { ROOT } from './local/bundle.ts';

const FILE = 'terraform/internal/object/objects.json';
const OBJECTS: readonly ObjectDefinition[] = [
  organisation,
  identityProvider,
  serviceAccount,
  federatedIdentity,
  role,
  roleBinding,
  accessCredential,
];
/** Objects that are managed as a member of the one that they belong to. */
const INSIDE: readonly ObjectDefinition[] = [roleRule];

type Json = { readonly [name: string]: unknown };

/** Writes the file, or with `check` only compares it; its name if it is out of date. */
export function terraformObjects(check: boolean): string[] {
  const text = `${JSON.stringify(OBJECTS.map(describeObject), null, 2)}\n`;
  const path = join(ROOT, FILE);
  if (!check) writeFileSync(path, text);
  return readText(path) === text ? [] : [FILE];
}

function describeObject(object: ObjectDefinition): Json {
  const parent = OBJECTS.find(({ path }) => object.path.startsWith(`${path}/{id}/`));
  return {
    name: TABLES[object.idPrefix],
    noun: object.noun,
    idPrefix: object.idPrefix,
    path: object.path,
    example: object.example,
    ...(object.warns === true ? { warns: true } : {}),
    ...(parent === undefined
      ? {}
      : { parent: { object: TABLES[parent.idPrefix], name: `${TABLES[parent.idPrefix]}_identity` } }),
    members: [
      ...Object.entries(object.members)
        .filter(([, { is, hidden }]) => hidden !== true && is.kind !== 'nothing')
        .map(([name, member]) => describeMember(name, member, object)),
      ...Object.entries(object.joins).flatMap(([name, join]) => describeJoin(name, join)),
    ],
  };
}

function describeMember(name: string, member: Member, object: Pick<ObjectDefinition, 'path'> | null): Json {
  const { is, option, description = sentence(option?.help), example } = member;
  const children = object === null ? undefined : INSIDE.find(({ path }) => path === `${object.path}/{id}/${name}`);
  return {
    name: snakeCase(name),
    wire: name,
    ...(description === undefined ? {} : { description }),
    ...(example === undefined ? {} : { example }),
    ...(member.required === true ? { required: true } : {}),
    ...(member.immutable === undefined ? {} : { immutable: true }),
    ...(isWritable(member) ? {} : { readOnly: true }),
    ...(member.computed === true && !isWritable(member) ? { elsewhere: true } : {}),
    ...(member.null === 'clears' ? { clears: true } : {}),
    ...(member.emptyIsNull === true ? { emptyIsNull: true } : {}),
    ...(children === undefined ? {} : { children: children.path }),
    ...describeDefault(member),
    is: describeRule(is),
  };
}

/** A static default is its value; of one that is made, the members that it is made of. */
function describeDefault({ is, default: given, required, null: nothing }: Member): Json {
  if (required === true) return {};
  if (typeof given === 'function')
    return { derivedFrom: readsOf(given as (written: object, unused: string) => unknown) };
  if (given !== undefined) return { default: given };
  if (is.kind === 'list' && is.of.kind === 'nested') return { default: [] };
  return nothing === undefined ? {} : { derivedFrom: [] };
}

/** The members that a function reads of what was written. */
function readsOf(given: (written: object, unused: string) => unknown): string[] {
  const read = new Set<string>();
  const written = new Proxy(
    {},
    {
      get: (_target, name) => {
        read.add(snakeCase(String(name)));
        return undefined;
      },
    },
  );
  given(written, 'unused');
  return [...read];
}

function describeJoin(name: string, { object, answers }: Join): Json[] {
  if (answers.length === 0) return [];
  const members = ['identity', ...answers].map((one) => ({
    name: snakeCase(one),
    wire: one,
    readOnly: true,
    is: { kind: 'text' },
  }));
  return [
    {
      name: snakeCase(name),
      wire: name,
      description: `The ${object.noun}, as it is called now`,
      readOnly: true,
      elsewhere: true,
      is: { kind: 'object', members },
    },
  ];
}

function describeRule(rule: Rule): Json {
  switch (rule.kind) {
    case 'text': {
      const { min = 0, max, pattern } = rule;
      return {
        kind: 'text',
        ...(min === 0 ? {} : { min }),
        ...(max === undefined ? {} : { max }),
        ...(pattern === undefined ? {} : { pattern: pattern.regex.source, must: pattern.detail }),
      };
    }
    case 'oneOf':
      return { kind: 'text', values: rule.values, ...(rule.derived.length === 0 ? {} : { derived: rule.derived }) };
    case 'number':
      return { kind: 'number', min: rule.min, ...(rule.max === undefined ? {} : { max: rule.max }) };
    case 'flag':
      return { kind: 'flag' };
    case 'timestamp':
      return { kind: 'timestamp' };
    case 'identifier':
      return { kind: 'text', prefix: rule.prefix };
    case 'map':
      return { kind: 'map' };
    case 'list':
      return {
        kind: rule.ordered === true || !isText(rule.of) ? 'list' : 'set',
        of: describeRule(rule.of),
        ...(rule.max === undefined ? {} : { max: rule.max }),
        ...(rule.empty === undefined ? {} : { min: 1 }),
      };
    case 'json':
      return { kind: 'json' };
    case 'shape':
      return rule.open === undefined ? describeShape(rule.members) : { kind: 'json' };
    case 'nullable':
      return describeRule(rule.of);
    case 'nested':
      return describeNested(rule);
    case 'oneOrMany':
    case 'nothing':
      throw new Error(`a member of the kind ${rule.kind} has no Terraform attribute`);
  }
}

function describeShape(members: Readonly<Record<string, Rule>>): Json {
  return {
    kind: 'object',
    members: Object.entries(members).map(([name, is]) => ({
      name: snakeCase(name),
      wire: name,
      readOnly: true,
      is: describeRule(is),
    })),
  };
}

function describeNested({ members }: NestedRule): Json {
  return {
    kind: 'object',
    members: Object.entries(members as Members).map(([name, member]) => describeMember(name, member, null)),
  };
}

function isText({ kind }: Rule): boolean {
  return kind === 'text' || kind === 'oneOf';
}

/** The help of the option, for a member that has no sentence of its own. */
function sentence(help: string | undefined): string | undefined {
  return help === undefined ? undefined : help.charAt(0).toUpperCase() + help.slice(1);
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
