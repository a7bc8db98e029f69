// Writes a state as resources of the Terraform provider of Thalassa Cloud, whose API this service speaks; what it cannot say is a comment.

import { slugOf } from '../../objects/values.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import type { WrittenKind } from './object-faults.ts';
import { membersOf, rulesOfRole } from './written-state.ts';
import { isFixed } from './state.ts';
import type { State, StoredObject } from './state.ts';

const TYPES: Readonly<Record<WrittenKind, string>> = {
  provider: 'thalassa_iam_federated_identity_provider',
  serviceAccount: 'thalassa_iam_service_account',
  identity: 'thalassa_iam_federated_identity',
  role: 'thalassa_iam_role',
  binding: 'thalassa_iam_role_binding',
};
/** Members that the provider has attributes for; others would be lost. */
const ATTRIBUTES: Readonly<Record<WrittenKind, readonly string[]>> = {
  provider: ['description', 'labels', 'annotations', 'providerIssuer', 'providerJwksUri', 'localJwks', 'status'],
  serviceAccount: ['description', 'labels', 'annotations'],
  identity: [
    'description',
    'labels',
    'annotations',
    'providerSubject',
    'trustedAudiences',
    'audienceMatchMode',
    'conditions',
    'allowedScopes',
    'status',
    'expiresAt',
  ],
  role: ['description', 'labels', 'annotations'],
  binding: ['description', 'labels', 'annotations'],
};
/** Of these, the ones that restrict who is accepted: a resource without them would accept more. */
const RESTRICTING = [
  'expression',
  'replayProtection',
  'mode',
  'maxTokenLifetime',
  'subjectClaim',
  'projects',
  'scopes',
  'status',
];
/** The provider takes these as JSON in a string. */
const AS_JSON = ['localJwks', 'conditions'];

/** The whole state in HCL. */
export function hclOf({ objects }: State, url: string): string {
  const addresses = new Map<string, string>();
  const taken = new Set<string>();
  for (const object of objects) {
    const base = identifierOf([object.parent, object.name].filter((part) => part !== null).join('-'));
    let name = base;
    for (let count = 2; taken.has(`${object.kind} ${name}`); count += 1) name = `${base}_${count}`;
    taken.add(`${object.kind} ${name}`);
    addresses.set(object.identity, name);
  }
  const addressOf = (kind: WrittenKind, name: string | null): string => {
    const found = objects.find((object) => object.kind === kind && object.parent === null && object.name === name);
    if (found === undefined) return hclValue(name ?? '');
    return isFixed(found) ? hclValue(found.identity) : `${TYPES[kind]}.${addresses.get(found.identity) ?? ''}.id`;
  };
  const blocks = objects
    .filter((object) => !isFixed(object))
    .map((object) => resourceOf(object, addresses.get(object.identity) ?? '', addressOf));
  return `${headerOf(url)}\n${blocks.join('\n')}`;
}

function headerOf(url: string): string {
  return `# Written by \`cambist export --format hcl\`. The credential is THALASSA_API_TOKEN.
# The provider can import identity providers and federated identities by the ids below; service accounts, roles and
# bindings it can only create.
terraform {
  required_providers {
    thalassa = {
      source = "thalassa-cloud/thalassa"
    }
  }
}

provider "thalassa" {
  api = ${hclValue(url)}
}
`;
}

function resourceOf(
  object: StoredObject,
  address: string,
  addressOf: (kind: WrittenKind, name: string | null) => string,
): string {
  const { kind, name, parent, refersTo } = object;
  const members = membersOf(object);
  const lines: string[] = [`name = ${hclValue(name)}`];
  if (kind === 'identity') {
    lines.push(`service_account_id = ${addressOf('serviceAccount', parent)}`);
    lines.push(`provider_id = ${addressOf('provider', refersTo)}`);
  }
  if (kind === 'binding') {
    lines.push(`role_id = ${addressOf('role', parent)}`);
    lines.push(`service_account_id = ${addressOf('serviceAccount', refersTo)}`);
  }
  // Required by the provider, also where they have their default.
  const required: JsonObject =
    kind === 'identity' ? { trustedAudiences: [], audienceMatchMode: 'any', allowedScopes: [] } : {};
  const written: JsonObject = { ...required, ...members };
  const lost: string[] = [];
  for (const [member, value] of Object.entries(written)) {
    if (ATTRIBUTES[kind].includes(member)) {
      lines.push(
        `${snakeCase(member)} = ${AS_JSON.includes(member) ? `jsonencode(${hclValue(value, 1)})` : hclValue(value, 1)}`,
      );
    } else {
      lost.push(commentOf(member, value));
    }
  }
  if (kind === 'role') {
    for (const rule of rulesOfRole(object) ?? []) {
      lines.push(
        'rules {',
        ...Object.entries(rule).map(([member, value]) => `  ${snakeCase(member)} = ${hclValue(value, 2)}`),
        '}',
      );
    }
  }
  if (kind === 'identity') lost.push(...scopeComments(written['allowedScopes']));
  return [
    `# ${object.identity}`,
    ...lost,
    `resource "${TYPES[kind]}" "${address}" {`,
    ...lines.map((line) => `  ${line}`),
    '}',
    '',
  ].join('\n');
}

function commentOf(member: string, value: JsonValue): string {
  const narrows = RESTRICTING.includes(member) ? ' WITHOUT IT THIS GIVES MORE THAN TODAY.' : '';
  return `# The provider has no attribute for ${member} = ${JSON.stringify(value)}: set it with cambist.${narrows}`;
}

/** The provider knows the scopes of Thalassa Cloud only. */
function scopeComments(scopes: JsonValue | undefined): readonly string[] {
  const strange = Array.isArray(scopes) ? scopes.filter((scope) => scope !== 'api:read' && scope !== 'api:write') : [];
  return strange.length === 0 ? [] : [`# The provider may not know these scopes: ${strange.map(String).join(' ')}`];
}

/** A value in HCL; `depth` is how far its lines are indented, in steps of two. */
function hclValue(value: JsonValue, depth = 0): string {
  const indent = '  '.repeat(depth + 1);
  if (typeof value === 'string') return hclString(value);
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => hclValue(item, depth)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0) return '{}';
    const lines = entries.map(([key, item]) => `${indent}${hclString(key)} = ${hclValue(item, depth + 1)}`);
    return `{\n${lines.join('\n')}\n${'  '.repeat(depth)}}`;
  }
  return String(value);
}

/** A quoted string in which nothing is a template (HCL native syntax, Template Expressions). */
function hclString(text: string): string {
  return (
    JSON.stringify(text)
      // HCL has no \\b and \\f.
      .replaceAll(/\\(.)/g, (escape, letter: string) => ({ b: '\\u0008', f: '\\u000c' })[letter] ?? escape)
      .replaceAll(/([$%])\{/g, '$1$1{')
  );
}

function snakeCase(member: string): string {
  return member.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function identifierOf(name: string): string {
  const slug = slugOf(name).replaceAll('-', '_');
  return /^[a-z]/.test(slug) ? slug : `_${slug}`;
}
