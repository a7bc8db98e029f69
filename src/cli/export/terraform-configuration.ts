// The objects of an organisation as a configuration of terraform-provider-cambist, with import blocks (contract §10). Pure.

import { accessCredential } from '../../objects/access-credential.ts';
import { isWritable, snakeCase } from '../../objects/definition.ts';
import type { Member, Members, ObjectDefinition } from '../../objects/definition.ts';
import { federatedIdentity } from '../../objects/federated-identity.ts';
import { identityProvider } from '../../objects/identity-provider.ts';
import { defaultOf } from '../../objects/records.ts';
import { roleBinding } from '../../objects/role-binding.ts';
import { role } from '../../objects/role.ts';
import { serviceAccount } from '../../objects/service-account.ts';
import { canonicalJson } from '../../token/canonical-json.ts';
import { isJsonObject } from '../../token/json.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { block, Reference } from '../../objects/hcl.ts';
import type { HclValue } from '../../objects/hcl.ts';

/** An object as the API answers it, and the identifier of what its path names. */
export interface ExportedObject {
  readonly kind: ResourceKind;
  readonly view: JsonObject;
  readonly parent: string | null;
}

/** What each kind is called there, and the attribute that names its parent, in the order of the file. */
const RESOURCES = {
  identity_provider: { object: identityProvider, parent: null },
  service_account: { object: serviceAccount, parent: null },
  federated_identity: { object: federatedIdentity, parent: null },
  role: { object: role, parent: null },
  role_binding: { object: roleBinding, parent: 'role_identity' },
  access_credential: { object: accessCredential, parent: 'service_account_identity' },
} as const satisfies Readonly<Record<string, { readonly object: ObjectDefinition; readonly parent: string | null }>>;
export type ResourceKind = keyof typeof RESOURCES;

/** The file: the provider, a resource for each object, and at the end what is there to be imported. */
export function terraformConfiguration(
  objects: readonly ExportedObject[],
  deployment: { readonly url: string; readonly organisation: string },
): string {
  const kept = objects.filter(({ view }) => view['system'] !== true && view['isReadOnly'] !== true);
  const addresses = addressesOf(kept);
  const order = Object.keys(RESOURCES);
  const addressOf = ({ view }: ExportedObject): string => addresses.get(identityOf(view)) ?? '';
  // By kind and address, so that the file of tomorrow differs from today's only where something did.
  const sorted = kept.toSorted(
    (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || (addressOf(a) < addressOf(b) ? -1 : 1),
  );
  const resources = sorted.map((object) => {
    const [kind = '', name = ''] = addressOf(object).split('.');
    return block('resource', [kind, name], attributesOf(object, addresses));
  });
  const imports = sorted.map((object) => {
    const identity = identityOf(object.view);
    const id = object.parent === null ? identity : `${object.parent}/${identity}`;
    return block('import', [], { to: new Reference(addressOf(object)), id });
  });
  const provider = block('provider', ['cambist'], deployment);
  const sections = imports.length === 0 ? [HEAD, provider] : [HEAD, provider, ...resources, IMPORTS, ...imports];
  return sections.join('\n');
}

const HEAD = `# Written by \`cambist export --format hcl\`: \`terraform plan\` imports everything and changes nothing.
# Secrets are no part of it: an access credential is imported without its secret. The organisation itself is no resource here.

terraform {
  required_providers {
    cambist = {
      source = "cambist/cambist"
    }
  }
}
`;
const IMPORTS = `# What is there already. After the first apply these blocks may go; without them, the same is created elsewhere.
`;

/** An address for each object: its kind and name; of several with one name, the later ones end in a part of their identifier. */
function addressesOf(objects: readonly ExportedObject[]): ReadonlyMap<string, string> {
  const addresses = new Map<string, string>();
  const taken = new Set<string>();
  for (const { kind, view } of objects.toSorted((a, b) => (identityOf(a.view) < identityOf(b.view) ? -1 : 1))) {
    const word = wordOf(nameOf(kind, view));
    const isFree = word !== '' && !taken.has(`cambist_${kind}.${word}`);
    const address = `cambist_${kind}.${isFree ? word : `${word || kind}_${identityOf(view).slice(-10)}`}`;
    taken.add(address);
    addresses.set(identityOf(view), address);
  }
  return addresses;
}

/** What belongs to something is named with it, so that a list of `main` reads well. */
function nameOf(kind: ResourceKind, view: JsonObject): string {
  const of = (member: string): string => {
    const other = view[member];
    return isJsonObject(other) ? `${String(other['slug'] ?? other['name'])} ` : '';
  };
  const own = String(view['slug'] ?? view['name']);
  if (kind === 'role_binding') return `${of('role')}${of('serviceAccount')}`.trim() || own;
  return kind === 'federated_identity' ? `${of('serviceAccount')}${own}` : own;
}

function wordOf(name: string): string {
  const word = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  return /^[0-9]/.test(word) ? `_${word}` : word;
}

function attributesOf(
  { kind, view, parent }: ExportedObject,
  addresses: ReadonlyMap<string, string>,
): Readonly<Record<string, HclValue>> {
  const resource = RESOURCES[kind];
  const members: Members = resource.object.members;
  const attributes: Record<string, HclValue> = {};
  const refer = (identity: string): HclValue => {
    const address = addresses.get(identity);
    return address === undefined ? identity : new Reference(`${address}.identity`);
  };
  const name = members['name'];
  if (name !== undefined) attributes['name'] = view['name'] ?? '';
  if (resource.parent !== null && parent !== null) attributes[resource.parent] = refer(parent);
  for (const [member, definition] of Object.entries(members)) {
    const value = view[member] ?? null;
    if (member === 'name' || !isWritten(definition) || isDefault(member, definition, view)) continue;
    attributes[snakeCase(member)] =
      definition.is.kind === 'identifier' ? refer(String(value)) : written(definition, value);
  }
  return attributes;
}

function isWritten(member: Member): boolean {
  return isWritable(member) && member.is.kind !== 'nothing';
}

function isDefault(name: string, member: Member, view: JsonObject): boolean {
  const value = view[name] ?? null;
  // Read from expiresAt; nobody writes it.
  if (value === null || (name === 'status' && value === 'expired')) return true;
  if (member.required === true) return false;
  return canonicalJson(value) === canonicalJson(defaultOf(member, view, '') ?? null);
}

/** A value with the names that its attribute has inside; objects that are written inside another one have no identifier there. */
function written({ is }: Member, value: JsonValue): JsonValue {
  if (is.kind !== 'list' || is.of.kind !== 'nested' || !Array.isArray(value)) return value;
  const { members } = is.of as { readonly members: Members };
  return (value as readonly JsonValue[]).map((one) => {
    const view = isJsonObject(one) ? one : {};
    const given = Object.entries(members).filter(([name, member]) => !isDefault(name, member, view));
    return Object.fromEntries(given.map(([name]) => [snakeCase(name), view[name] ?? null]));
  });
}

function identityOf(view: JsonObject): string {
  return String(view['identity']);
}
