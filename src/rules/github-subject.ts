// GitHub's two forms of a repository subject, derived from signed claims; decides nothing about rules of other platforms.

import { isWildcard } from './glob.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';

/** `repo:{owner}[@{id}]/{name}[@{id}]{rest}`; `rest` is empty or starts with `:`. */
interface RepositorySubject {
  readonly owner: string;
  readonly ownerId: string | null;
  readonly name: string;
  readonly nameId: string | null;
  readonly rest: string;
}

/**
 * The forms of a token's subject that rules are compared with.
 * - `literal`: nothing can be derived, `sub` alone is compared (a customised subject without a repository, or unsigned ids).
 * - `both`: the signed claims agree with `sub`, so the token has a name form and an id form.
 * - `disagree`: the signed claims contradict `sub`; such a token matches no rule.
 */
export type GithubSubjectForms =
  | { readonly kind: 'literal' }
  | { readonly kind: 'both'; readonly nameForm: string; readonly idForm: string; readonly repository: string }
  | { readonly kind: 'disagree' };

const REPOSITORY_SUBJECT = /^repo:([^/:@*]+)(?:@(\d+))?\/([^/:@*]+)(?:@(\d+))?((?::.*)?)$/s;
const RULE_OWNER_WITH_ID = /^repo:[^/:@*]+@(\d+)\/([^/:]+)((?::.*)?)$/s;
const RULE_NAME_WITH_ID = /^[^/:@*]+@(\d+)$/;

/** Derives both forms of a GitHub subject from the token's signed claims, only if they agree with its `sub` (contract §5.3). */
export function githubSubjectForms(claims: JsonObject, sub: string): GithubSubjectForms {
  const parsed = parseRepositorySubject(sub);
  if (parsed === null) return { kind: 'literal' };
  const repository = claimOf(claims, 'repository');
  const owner = claimOf(claims, 'repository_owner');
  const repositoryId = idOf(claims, 'repository_id');
  const ownerId = idOf(claims, 'repository_owner_id');

  const disagrees =
    differs(repository, `${parsed.owner}/${parsed.name}`) ||
    differs(owner, parsed.owner) ||
    (parsed.nameId !== null && differs(repositoryId, parsed.nameId)) ||
    (parsed.ownerId !== null && differs(ownerId, parsed.ownerId));
  if (disagrees) return { kind: 'disagree' };
  // One id without the other is a form that GitHub does not send: nothing is derived from it.
  if ((parsed.nameId === null) !== (parsed.ownerId === null)) return { kind: 'literal' };
  if (typeof repository !== 'string' || typeof owner !== 'string') return { kind: 'literal' };
  if (typeof repositoryId !== 'string' || typeof ownerId !== 'string') return { kind: 'literal' };
  return {
    kind: 'both',
    nameForm: `repo:${repository}${parsed.rest}`,
    idForm: `repo:@${ownerId}/@${repositoryId}${parsed.rest}`,
    repository,
  };
}

/**
 * The id form of a rule that pins ids (`repo:acme@1/app@2:…`, `repo:acme@1/*:…`) with the names left out (`repo:@1/@2:…`),
 * so that ids alone decide; null for every other rule, which is compared by name or literally.
 */
export function githubIdRule(subject: string): { readonly idForm: string; readonly repository: string } | null {
  const [, ownerId, third = '', rest = ''] = RULE_OWNER_WITH_ID.exec(subject) ?? [];
  if (ownerId === undefined) return null;
  const nameId = RULE_NAME_WITH_ID.exec(third)?.[1];
  if (nameId === undefined && !isWildcard(third)) return null;
  return {
    idForm: `repo:@${ownerId}/${nameId === undefined ? third : `@${nameId}`}${rest}`,
    repository: `${subject.slice('repo:'.length).split('@', 1)[0] ?? ''}/${third.split('@', 1)[0] ?? ''}`,
  };
}

/** The name form of a subject that carries ids; null if it carries none. */
export function githubNameForm(subject: string): string | null {
  const parsed = parseRepositorySubject(subject);
  return parsed === null || parsed.nameId === null ? null : `repo:${parsed.owner}/${parsed.name}${parsed.rest}`;
}

function parseRepositorySubject(subject: string): RepositorySubject | null {
  const [, owner, ownerId, name, nameId, rest] = REPOSITORY_SUBJECT.exec(subject) ?? [];
  if (owner === undefined || name === undefined) return null;
  return { owner, ownerId: ownerId ?? null, name, nameId: nameId ?? null, rest: rest ?? '' };
}

function claimOf(claims: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

/** Ids are strings of digits; a compatible server that sends safe integers means the same. */
function idOf(claims: JsonObject, name: string): JsonValue | undefined {
  const value = claimOf(claims, name);
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? String(value) : null;
  return typeof value === 'string' && !/^\d+$/.test(value) ? null : value;
}

/** A claim that is absent does not contradict; one that is present but of another shape does. */
function differs(value: JsonValue | undefined, expected: string): boolean {
  return value !== undefined && value !== expected;
}
