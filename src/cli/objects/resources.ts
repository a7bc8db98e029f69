// The kinds of objects that have commands, as data: their members, columns and filters; one set of handlers reads it.

import { detectPreset, presetByName } from '../../platforms/presets.ts';

/** How the text of an option or of `--set` becomes a value. */
export type ValueKind = 'text' | 'list' | 'number' | 'json';

export interface Member {
  /** As the API calls it. */
  readonly name: string;
  readonly kind: ValueKind;
  readonly description: string;
  /** In the syntax of the help; what follows the name of the option. */
  readonly value: string;
  readonly choices?: readonly string[];
  /** Must be given when an object is created. */
  readonly required?: boolean;
  /** Stays as it was created. */
  readonly fixed?: boolean;
}

/** Another object that one is created for, named by id or name. */
export interface Reference {
  readonly option: string;
  readonly member: string;
  readonly resource: () => ResourceDescription;
  readonly description: string;
}

export interface ResourceDescription {
  /** The word of the commands: `identities`. */
  readonly group: string;
  readonly noun: string;
  readonly idPrefix: string;
  /** Under `/v1`. */
  readonly path: string;
  /** What else than its id and name an object is found by. */
  readonly hasSlug: boolean;
  readonly members: readonly Member[];
  readonly references: readonly Reference[];
  /** Options of `list`, as the API calls them. */
  readonly filters: readonly { readonly option: string; readonly parameter: string; readonly description: string }[];
  readonly columns: readonly (readonly [heading: string, member: string])[];
  /** Whole command lines, but for `cambist` and the group: one that creates, and the rest of one that changes `name`. */
  readonly examples: { readonly create: string; readonly name: string; readonly change: string };
  /** What may be a mistake in an object that was accepted, and that only this side can tell. */
  readonly doubts?: (view: Readonly<Record<string, unknown>>) => readonly string[];
}

/** `an identity provider`. */
export function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}

const NAME: Member = { name: 'name', kind: 'text', value: '<name>', description: 'its name', required: true };
const DESCRIPTION: Member = { name: 'description', kind: 'text', value: '<text>', description: 'what it is for' };
const STATUS: Member = {
  name: 'status',
  kind: 'text',
  value: '<status>',
  description: 'whether it counts',
  choices: ['active', 'inactive'],
};
const BY_STATUS = { option: 'status', parameter: 'status', description: 'of this status only' } as const;

export const PROVIDERS: ResourceDescription = {
  group: 'providers',
  noun: 'identity provider',
  idPrefix: 'idp',
  path: '/federated-identity-providers',
  hasSlug: false,
  members: [
    NAME,
    {
      name: 'providerIssuer',
      kind: 'text',
      value: '<url>',
      description: 'the issuer, byte for byte as `iss` of its tokens',
      required: true,
      fixed: true,
    },
    DESCRIPTION,
    { name: 'preset', kind: 'text', value: '<platform>', description: 'the platform, where the issuer does not tell' },
    { name: 'providerJwksUri', kind: 'text', value: '<url>', description: 'where its keys are, in place of discovery' },
    { name: 'localJwks', kind: 'json', value: '<json>', description: 'its keys, for an issuer that cannot be reached' },
    { name: 'allowedAlgorithms', kind: 'list', value: '<alg>', description: 'algorithms of its tokens' },
    { name: 'maxTokenLifetime', kind: 'number', value: '<seconds>', description: 'longest life of its tokens' },
    { name: 'subjectClaim', kind: 'text', value: '<claim>', description: 'the claim that is the subject' },
    STATUS,
  ],
  references: [],
  filters: [BY_STATUS],
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

export const SERVICE_ACCOUNTS: ResourceDescription = {
  group: 'service-accounts',
  noun: 'service account',
  idPrefix: 'sa',
  path: '/service-accounts',
  hasSlug: true,
  members: [
    NAME,
    { name: 'slug', kind: 'text', value: '<slug>', description: 'what tokens carry; made of the name by default' },
    DESCRIPTION,
    STATUS,
  ],
  references: [],
  filters: [BY_STATUS],
  columns: [
    ['ID', 'identity'],
    ['NAME', 'name'],
    ['SLUG', 'slug'],
    ['STATUS', 'status'],
    ['ROLES', 'roleBindings'],
  ],
  examples: { create: '--name deployer', name: 'deployer', change: '--description "Deploys the shop"' },
};

export const IDENTITIES: ResourceDescription = {
  group: 'identities',
  noun: 'federated identity',
  idPrefix: 'fid',
  path: '/federated-identities',
  hasSlug: false,
  members: [
    NAME,
    { name: 'providerSubject', kind: 'text', value: '<subject>', description: 'the subject to match', required: true },
    {
      name: 'providerSubjectMatch',
      kind: 'text',
      value: '<how>',
      description: 'how it is matched',
      choices: ['exact', 'glob'],
    },
    DESCRIPTION,
    { name: 'trustedAudiences', kind: 'list', value: '<audience>', description: 'audiences a token may be meant for' },
    {
      name: 'audienceMatchMode',
      kind: 'text',
      value: '<mode>',
      description: 'how they are matched',
      choices: ['any', 'all', 'exact'],
    },
    { name: 'conditions', kind: 'json', value: '<json>', description: 'claims and what they must be' },
    { name: 'expression', kind: 'text', value: '<cel>', description: 'a CEL expression over `claims`' },
    { name: 'allowedScopes', kind: 'list', value: '<scope>', description: 'scopes its tokens may carry' },
    {
      name: 'tokenAudiences',
      kind: 'list',
      value: '<audience>',
      description: 'audiences its tokens may be issued for',
    },
    { name: 'tokenLifetime', kind: 'number', value: '<seconds>', description: 'life of its tokens' },
    { name: 'maxTokenLifetime', kind: 'number', value: '<seconds>', description: 'longest life that may be asked for' },
    { name: 'forwardedClaims', kind: 'list', value: '<claim>', description: 'claims copied into its tokens' },
    {
      name: 'replayProtection',
      kind: 'text',
      value: '<mode>',
      description: 'whether a token is exchanged once only',
      choices: ['off', 'singleUse'],
    },
    {
      name: 'mode',
      kind: 'text',
      value: '<mode>',
      description: 'whether it grants or only records',
      choices: ['enforce', 'shadow'],
    },
    { name: 'expiresAt', kind: 'text', value: '<time>', description: 'when it ends, RFC 3339' },
    {
      name: 'status',
      kind: 'text',
      value: '<status>',
      description: 'whether it counts',
      choices: ['active', 'inactive', 'revoked'],
    },
  ],
  references: [
    {
      option: 'service-account',
      member: 'serviceAccountIdentity',
      resource: () => SERVICE_ACCOUNTS,
      description: 'who a token acts as',
    },
    { option: 'provider', member: 'providerIdentity', resource: () => PROVIDERS, description: 'whose tokens they are' },
  ],
  filters: [
    BY_STATUS,
    { option: 'service-account', parameter: 'serviceAccount', description: 'of this service account, by id or slug' },
    { option: 'provider', parameter: 'provider', description: 'of this identity provider, by id or name' },
  ],
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

export const ROLES: ResourceDescription = {
  group: 'roles',
  noun: 'role',
  idPrefix: 'role',
  path: '/iam/roles',
  hasSlug: true,
  members: [
    NAME,
    { name: 'slug', kind: 'text', value: '<slug>', description: 'what tokens carry; made of the name by default' },
    DESCRIPTION,
  ],
  references: [],
  filters: [],
  columns: [
    ['ID', 'identity'],
    ['NAME', 'name'],
    ['SLUG', 'slug'],
    ['RULES', 'rules'],
    ['DESCRIPTION', 'description'],
  ],
  examples: { create: '--name Deployments', name: 'deployments', change: '--description "May deploy the shop"' },
};

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
