// The kinds of objects that have commands: what their definitions say of options, and what only the command line shows.

import type { Member, ObjectDefinition } from '../../objects/definition.ts';
import { isWritable } from '../../objects/definition.ts';
import { federatedIdentity } from '../../objects/federated-identity.ts';
import { identityProvider } from '../../objects/identity-provider.ts';
import { role } from '../../objects/role.ts';
import type { Rule } from '../../objects/rule.ts';
import { serviceAccount } from '../../objects/service-account.ts';
import type { Completes } from '../command.ts';
import { detectPreset, presetByName } from '../../platforms/presets.ts';

/** What only the command line shows of a kind of object. */
export interface Resource {
  readonly object: ObjectDefinition;
  /** The word of the commands: `identities`. */
  readonly group: 'providers' | 'service-accounts' | 'identities' | 'roles';
  readonly columns: readonly (readonly [heading: string, member: string])[];
  /** Whole command lines, but for `cambist` and the group: one that creates, and the rest of one that changes `name`. */
  readonly examples: { readonly create: string; readonly name: string; readonly change: string };
  /** What may be a mistake in an object that was accepted, and that only this side can tell. */
  readonly doubts?: (view: Readonly<Record<string, unknown>>) => readonly string[];
}

/** A member with its option. */
export interface OptionMember {
  readonly name: string;
  readonly member: Member;
  /** Without the dashes. */
  readonly option: string;
  readonly value: string;
  readonly help: string;
  readonly choices: readonly string[] | null;
  /** What a shell completes: every value that a caller may give. */
  readonly completes: readonly string[] | null;
}

/** More values than these are no choice that a help can list. */
const MAX_CHOICES = 8;

/** The members that have options, or that `--set` names. */
export function membersOf({ members }: ObjectDefinition): readonly OptionMember[] {
  return optionsOf(members).filter(({ member }) => member.is.kind !== 'identifier');
}

/** The members that name another object, by its id or name. */
export function referencesOf({
  members,
}: ObjectDefinition): readonly (OptionMember & { readonly resource: Resource })[] {
  return optionsOf(members).flatMap((member) => {
    const { is } = member.member;
    const resource =
      is.kind === 'identifier' ? RESOURCES.find(({ object }) => object.idPrefix === is.prefix) : undefined;
    return resource === undefined ? [] : [{ ...member, resource }];
  });
}

function optionsOf(members: ObjectDefinition['members']): readonly OptionMember[] {
  return Object.entries(members).flatMap(([name, member]) => {
    if (member.option === undefined || !isWritable(member)) return [];
    const { name: option = kebab(name), value, help } = member.option;
    const completes = valuesOf(member.is);
    const isShort = member.is.kind === 'oneOf' && completes !== null && member.is.values.length <= MAX_CHOICES;
    return [{ name, member, option, value, help, choices: isShort ? completes : null, completes }];
  });
}

function valuesOf(is: Rule): readonly string[] | null {
  if (is.kind === 'list') return valuesOf(is.of);
  return is.kind === 'oneOf' ? is.values.filter((value) => !is.derived.includes(value)) : null;
}

/** What a list can be narrowed by, beside a name and labels: the option, and the parameter of the API. */
export function filtersOf({ members, joins }: ObjectDefinition): readonly {
  readonly option: string;
  readonly parameter: string;
  readonly description: string;
  readonly completes?: Completes;
}[] {
  const status = members['status']?.is;
  const byStatus = {
    option: 'status',
    parameter: 'status',
    description: 'of this status only',
    ...(status?.kind === 'oneOf' ? { completes: status.values } : {}),
  };
  const byOther = Object.entries(joins).flatMap(([parameter, { by, object, filter }]) =>
    filter === undefined
      ? []
      : [
          {
            option: members[by]?.option?.name ?? kebab(parameter),
            parameter,
            description: filter.help,
            ...completesWith(object.idPrefix),
          },
        ],
  );
  return [...(Object.hasOwn(members, 'status') ? [byStatus] : []), ...byOther];
}

/** A shell completes the id or name of an object with those that there are. */
function completesWith(prefix: string): { readonly completes?: Completes } {
  const other = RESOURCES.find(({ object }) => object.idPrefix === prefix);
  return other === undefined ? {} : { completes: other.group };
}

/** Under `/v1`. */
export function collectionOf({ object }: Resource): string {
  return object.path.replace('/v1', '');
}

/** True if an object is found by its slug, too. */
export function hasSlug({ object }: Resource): boolean {
  return Object.hasOwn(object.members, 'slug');
}

/** `an identity provider`. */
export function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}

/** `trustedAudiences` as an option: `trusted-audiences`. */
function kebab(member: string): string {
  return member.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export const PROVIDERS: Resource = {
  object: identityProvider,
  group: 'providers',
  columns: [
    ['ID', 'identity'],
    ['NAME', 'name'],
    ['STATUS', 'status'],
    ['PRESET', 'preset'],
    ['ISSUER', 'providerIssuer'],
  ],
  examples: {
    create: '--name GitHub --provider-issuer https://token.actions.githubusercontent.com',
    name: 'GitHub',
    change: '--max-token-lifetime 3600',
  },
  doubts: ({ providerIssuer, preset }) => slashDoubts(String(providerIssuer), String(preset)),
};

export const SERVICE_ACCOUNTS: Resource = {
  object: serviceAccount,
  group: 'service-accounts',
  columns: [
    ['ID', 'identity'],
    ['NAME', 'name'],
    ['SLUG', 'slug'],
    ['STATUS', 'status'],
    ['ROLES', 'roleBindings'],
  ],
  examples: { create: '--name deployer', name: 'deployer', change: '--description "Deploys the shop"' },
};

export const IDENTITIES: Resource = {
  object: federatedIdentity,
  group: 'identities',
  columns: [
    ['ID', 'identity'],
    ['SERVICE ACCOUNT', 'serviceAccount.name'],
    ['NAME', 'name'],
    ['STATUS', 'status'],
    ['MODE', 'mode'],
    ['PROVIDER', 'provider.name'],
    ['SUBJECT', 'providerSubject'],
  ],
  examples: {
    create:
      '--name main --service-account deployer --provider GitHub --provider-subject repo:acme@1/app@2:ref:refs/heads/main --allowed-scopes api:read',
    name: 'main',
    change: '--token-lifetime 900',
  },
};

export const ROLES: Resource = {
  object: role,
  group: 'roles',
  columns: [
    ['ID', 'identity'],
    ['NAME', 'name'],
    ['SLUG', 'slug'],
    ['RULES', 'rules'],
    ['DESCRIPTION', 'description'],
  ],
  examples: { create: '--name Deployments', name: 'deployments', change: '--description "May deploy the shop"' },
};

const RESOURCES: readonly Resource[] = [PROVIDERS, SERVICE_ACCOUNTS, IDENTITIES, ROLES];

/** Issuers are compared byte for byte, and the slash at the end is what people get wrong. */
function slashDoubts(issuer: string, preset: string): readonly string[] {
  const other = issuer.endsWith('/') ? issuer.slice(0, -1) : `${issuer}/`;
  const meant = detectPreset(other);
  if (preset !== 'generic' || meant === 'generic') return [];
  return [
    `Tokens of ${presetByName(meant).title} have the issuer ${other}, and the one that was registered differs in its last slash: ` +
      'no such token will match it. Delete it, and create it with that issuer.',
  ];
}
