// A federated key as Tailscale's API has it (contract §10): its form, and the federated identity that says the same, both ways.

import type { InputOf, Members } from '../objects/definition.ts';
import type { FederatedIdentityInput, FederatedIdentityView } from '../objects/federated-identity.ts';
import { MAX_AUDIENCE_CHARS, MAX_DESCRIPTION_CHARS } from '../objects/limits.ts';
import { list, map, text, textLike } from '../objects/rule.ts';
import { scopes } from '../objects/scopes.ts';
import { MAX_CONDITION_VALUE_CHARS, MAX_EXACT_SUBJECT_CHARS } from '../rules/limits.ts';
import { MAX_ISSUER_CHARS } from '../token/limits.ts';
import type { JsonObject } from '../token/json.ts';
import { MAX_TAG_CHARS, MAX_TAGS } from './limits.ts';

/** `*` is any run there, so that a longer one would say nothing more, and come back as another text. */
const oneStar = (value: string): string | null =>
  value.includes('**') ? 'must not have "**": one "*" stands for any run of characters here' : null;

/** What a key is written with; a change replaces all of it. */
export const keyMembers = {
  keyType: {
    is: textLike(1, MAX_TAG_CHARS, /^federated$/, 'must be federated: keys of other types are not kept here'),
    required: true,
  },
  issuer: { is: text(1, MAX_ISSUER_CHARS), required: true },
  subject: { is: text(1, MAX_EXACT_SUBJECT_CHARS, oneStar), required: true },
  audience: { is: text(0, MAX_AUDIENCE_CHARS), null: 'absent' },
  scopes: { is: scopes, null: 'absent' },
  tags: {
    is: list(textLike(1, MAX_TAG_CHARS, /^tag:[\w-]+$/, 'must be written like tag:ci'), MAX_TAGS),
    null: 'absent',
  },
  customClaimRules: { is: map(text(1, MAX_CONDITION_VALUE_CHARS, oneStar)), null: 'absent' },
  description: { is: text(0, MAX_DESCRIPTION_CHARS), null: 'absent' },
} as const satisfies Members;

export type KeyForm = InputOf<typeof keyMembers>;

/** Marks what this API made: it lists, changes and deletes nothing else. */
export const MADE_BY: readonly [name: string, value: string] = ['made-by', 'tailscale-keys'];
/** An annotation, since tags decide nothing here. */
const TAGS = 'tailscale-tags';

/** What decides, as members of a federated identity; `audience` stands for one that was left to the service. */
export function identityOf(
  {
    subject = '',
    audience: given = '',
    scopes: allowedScopes = [],
    tags = [],
    customClaimRules = {},
    ...form
  }: KeyForm,
  audience: string,
  annotations: Readonly<Record<string, string>> = {},
): FederatedIdentityInput {
  const { [TAGS]: _before, ...others } = annotations;
  const rules = Object.entries(customClaimRules).map(
    ([claim, value]) => [claim, value.includes('*') ? { glob: toGlob(value) } : value] as const,
  );
  return {
    description: form.description ?? '',
    providerSubject: toGlob(subject),
    providerSubjectMatch: subject.includes('*') ? 'glob' : 'exact',
    trustedAudiences: [given === '' ? audience : given],
    conditions: rules.length === 0 ? null : Object.fromEntries(rules),
    allowedScopes,
    annotations: tags.length === 0 ? others : { ...others, [TAGS]: tags.join(' ') },
  };
}

/** The key that an identity is; what was changed elsewhere shows, so that a plan notices it. */
export function keyOf(identity: FederatedIdentityView): JsonObject {
  const rules = Object.entries(identity.conditions ?? {}).map(([claim, matcher]) => [claim, ruleOf(matcher)] as const);
  return {
    id: identity.identity,
    keyType: 'federated',
    description: identity.description,
    created: identity.createdAt,
    updated: identity.updatedAt,
    ...(identity.expiresAt === null ? {} : { expires: identity.expiresAt }),
    invalid: identity.status !== 'active',
    userId: '',
    scopes: [...identity.allowedScopes],
    tags: (identity.annotations[TAGS] ?? '').split(' ').filter((tag) => tag !== ''),
    audience: identity.trustedAudiences.join(' '),
    issuer: identity.provider.providerIssuer,
    subject: identity.providerSubjectMatch === 'glob' ? fromGlob(identity.providerSubject) : identity.providerSubject,
    customClaimRules: Object.fromEntries(rules),
  };
}

/** A `*` of that API crosses ":" and "/", as only `**` does here. */
function toGlob(pattern: string): string {
  return pattern.replaceAll('*', '**');
}

function fromGlob(glob: string): string {
  return glob.replaceAll('**', '*');
}

function ruleOf(matcher: unknown): string {
  if (typeof matcher === 'string') return matcher;
  const { glob } = Object(matcher) as { readonly glob?: unknown };
  return typeof glob === 'string' ? fromGlob(glob) : JSON.stringify(matcher);
}
