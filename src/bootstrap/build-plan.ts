// Turns a recipe and its variables into a plan: the objects to have, the claims to check them with, the text to paste. Writes nothing.

import type { FederatedIdentityInput } from '../objects/federated-identity.ts';
import type { IdentityProviderInput, LocalJwks } from '../objects/identity-provider.ts';
import { canonicalJson } from '../token/canonical-json.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import type { Variables } from '../platforms/look-up.ts';
import type { PresetName } from '../platforms/preset.ts';
import type { Recipe, RecipeNeighbour, RecipeVariant } from '../platforms/recipe.ts';
import { chooseConfiguration } from './choose-configuration.ts';
import { fill, fillObject, fillOptional, namesIn } from './fill-template.ts';

/** What the user wants beyond the recipe. */
export interface BootstrapOptions {
  /** The deployment. */
  readonly url: string;
  readonly account: string | undefined;
  readonly audience: string | undefined;
  readonly role: string | undefined;
  readonly projects: readonly string[];
  readonly scopes: readonly string[];
  readonly tokenAudiences: readonly string[];
  /** Seconds. */
  readonly lifetime: number | undefined;
  readonly expiresAt: string | undefined;
  readonly singleUse: boolean;
  readonly conditions: JsonObject;
  /** Neighbours that may get in, as the check calls them. */
  readonly allowedNeighbours: readonly string[];
  /** Joins a provider whose keys somebody gave by hand. */
  readonly acceptsProviderKeys: boolean;
  /** Where the platform's template is, if that is to be printed. */
  readonly uses: string | undefined;
}

/** Nothing beyond the recipe. */
export function noWishes(url: string): BootstrapOptions {
  return {
    url,
    account: undefined,
    audience: undefined,
    role: undefined,
    projects: [],
    scopes: [],
    tokenAudiences: [],
    lifetime: undefined,
    expiresAt: undefined,
    singleUse: false,
    conditions: {},
    allowedNeighbours: [],
    acceptsProviderKeys: false,
    uses: undefined,
  };
}

/** Somebody, and the claims such a token would have. */
export interface Sample {
  readonly who: string;
  readonly claims: JsonObject;
}

export interface Plan {
  readonly preset: PresetName;
  /** Twelve hexadecimal digits that find everything of this workload again. */
  readonly key: string;
  readonly who: string;
  readonly accountName: string;
  readonly provider: IdentityProviderInput & { readonly name: string; readonly providerIssuer: string };
  readonly identity: FederatedIdentityInput & { readonly name: string; readonly providerSubject: string };
  readonly audience: string;
  readonly sample: Sample;
  readonly neighbours: readonly Sample[];
  readonly warnings: readonly string[];
  /** Codes of the service's warnings that a bootstrap says in its own words, or answers by the rule's other parts. */
  readonly saidAlready: ReadonlySet<string>;
  readonly configuration: Recipe['configuration'];
  readonly variables: Variables;
}

/** Hexadecimal digits of a key: enough for every workload of an organisation. */
const KEY_CHARS = 12;
/** Characters of a name that the API accepts. */
const MAX_NAME_CHARS = 128;

/** The parameter that names the workload best, for a short name of it. */
const NAMING = [
  'repository',
  'project',
  'pipeline',
  'job',
  'spiffe-id',
  'iam-role',
  'job-template',
  'client-id',
  'subject',
];
/** Characters of a generated name; a slug has at most 63. */
const MAX_SLUG_CHARS = 48;

/** The parameters with everything that follows from them without asking anybody. */
export function deriveVariables(recipe: Recipe, given: Variables): Variables {
  const naming = NAMING.map((name) => given.get(name)).find((value) => value !== undefined) ?? 'workload';
  const slug = slugify(naming.replaceAll(/\bjob\//g, '').replace('*', 'all')) || 'workload';
  return new Map([...given, ['slug', slug], ...(recipe.derive?.(given) ?? [])]);
}

/** A name of a-z, 0-9 and hyphens. */
function slugify(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_SLUG_CHARS)
    .replaceAll(/^-+|-+$/g, '');
}

/** Builds the plan of one workload. */
export async function buildPlan(
  recipe: Recipe,
  variant: RecipeVariant,
  known: Variables,
  localJwks: LocalJwks | null,
  asked: BootstrapOptions,
): Promise<Plan> {
  const variables = new Map(known);
  for (const [name, template] of Object.entries(variant.variables ?? {}))
    variables.set(name, fill(template, variables));
  const audience = asked.audience ?? (recipe.audience === undefined ? asked.url : fill(recipe.audience, variables));
  variables.set('audience', audience);
  if (asked.uses !== undefined) variables.set('uses', asked.uses);

  const issuer = fill(recipe.provider.issuer, variables);
  const who = fill(variant.who, variables);
  const accountName = asked.account ?? fill(recipe.accountName, variables).toLowerCase();
  const custom = known.get('exact-subject');
  const subject = known.get('subject-pattern') ?? custom ?? fill(variant.subject, variables);
  const isGlob =
    custom === undefined ? variant.isGlob === true || holdsGlob(recipe, known) : known.has('subject-pattern');
  const own = { ...fillObject(recipe.conditions ?? {}, variables), ...fillObject(variant.conditions ?? {}, variables) };
  // A customised subject need not say what the usual one says: the claims of their own do.
  const restated = custom !== undefined ? restatedClaims(recipe, variant, variables) : {};
  const conditions = withGlobs({ ...restated, ...own, ...asked.conditions });
  const sampled = new Map([...variables].map(([name, value]) => [name, withoutWildcards(value)]));
  const token = { issuer, audience, subjectClaim: known.get('subject-claim') ?? recipe.provider.subjectClaim };
  const claimsBy = (wished: JsonObject): SampleOf => {
    return (chosen, values, change) => {
      const sub = custom === undefined ? {} : { sub: neighbouringSubject(recipe, custom, sampled, values) };
      return claimsOf(recipe, chosen, values, token, wished, { ...sub, ...change });
    };
  };
  const sampleOf = claimsBy(asked.conditions);
  const sample = sampleOf(variant, sampled, {});
  return {
    preset: recipe.preset,
    key: await keyOf([recipe.preset, issuer, who, accountName]),
    who,
    accountName,
    audience,
    provider: {
      name: providerName(recipe, issuer),
      providerIssuer: issuer,
      preset: recipe.preset,
      ...providerMembers(recipe, variables, localJwks),
    },
    identity: {
      name: who.slice(0, MAX_NAME_CHARS).trimEnd(),
      providerSubject: subject,
      providerSubjectMatch: isGlob ? 'glob' : 'exact',
      trustedAudiences: [audience],
      ...(Object.keys(conditions).length === 0 ? {} : { conditions }),
      allowedScopes: asked.scopes,
      ...(asked.tokenAudiences.length === 0 ? {} : { tokenAudiences: asked.tokenAudiences }),
      ...(asked.lifetime === undefined ? {} : { tokenLifetime: asked.lifetime, maxTokenLifetime: asked.lifetime }),
      ...(asked.expiresAt === undefined ? {} : { expiresAt: asked.expiresAt }),
      ...(recipe.singleUse === true || asked.singleUse ? { replayProtection: 'singleUse' as const } : {}),
    },
    sample: { who, claims: sample },
    neighbours: recipe.neighbours.flatMap((one) => neighbourOf(recipe, variant, one, sampled, sampleOf, claimsBy({}))),
    warnings: [variant.warning, ...(recipe.warnings ?? [])]
      .filter((warning) => warning !== undefined)
      .map((warning) => fill(warning, variables)),
    saidAlready: new Set([
      'github_name_only',
      'pull_request_subject',
      // The recipe's own pattern: conditions hold what it would swallow.
      ...(known.has('subject-pattern') ? ['double_wildcard'] : []),
    ]),
    configuration: chooseConfiguration(recipe, variant, asked, audience),
    variables,
  };
}

async function keyOf(parts: readonly string[]): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify(parts).toLowerCase());
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', text));
  return [...digest]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .slice(0, KEY_CHARS);
}

/** The claims of a token that matches, as far as they restrict: what parameters say, and what the variant says. */
function restatedClaims(recipe: Recipe, variant: RecipeVariant, variables: Variables): JsonObject {
  const byParameter = Object.entries(recipe.claims).filter(
    ([, template]) => typeof template === 'string' && namesIn(template).length > 0,
  );
  const stated = [...byParameter, ...Object.entries(variant.claims ?? {})].filter(([claim, template]) => {
    const id = recipe.names?.[claim];
    if (id !== undefined && variables.has(id)) return false;
    return typeof template === 'string' && !namesIn(template).some((name) => name.startsWith('sample-'));
  });
  return fillObject(Object.fromEntries(stated), variables);
}

function holdsGlob(recipe: Recipe, known: Variables): boolean {
  // Where a flag says that the subject is a pattern, a "*" without the flag is a character.
  if (recipe.parameters.some(({ name }) => name === 'glob')) return false;
  return recipe.parameters.some(({ name, mayGlob }) => mayGlob === true && known.get(name)?.includes('*') === true);
}

function withGlobs(conditions: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(conditions).map(([claim, value]) => [
      claim,
      typeof value === 'string' && value.includes('*') ? { glob: value } : value,
    ]),
  );
}

function withoutWildcards(value: string): string {
  return value.replaceAll(/\*+/g, '1');
}

function providerName(recipe: Recipe, issuer: string): string {
  const isShared =
    !recipe.provider.issuer.includes('{') ||
    ['https://token.actions.githubusercontent.com', 'https://gitlab.com', 'https://api.pulumi.com/oidc'].includes(
      issuer,
    );
  return isShared ? recipe.preset : `${recipe.preset}-${slugify(issuer.replace(/^[a-z]+:\/\//, ''))}`;
}

function providerMembers(recipe: Recipe, variables: Variables, localJwks: LocalJwks | null): IdentityProviderInput {
  const { jwksUri, allowedAlgorithms, maxTokenLifetime, subjectClaim } = recipe.provider;
  const address = jwksUri === undefined ? null : fillOptional(jwksUri, variables);
  const claim = variables.get('subject-claim') ?? subjectClaim;
  return {
    ...(address === null ? {} : { providerJwksUri: address }),
    ...(localJwks === null ? {} : { localJwks }),
    ...(allowedAlgorithms === undefined
      ? {}
      : { allowedAlgorithms: allowedAlgorithms as NonNullable<IdentityProviderInput['allowedAlgorithms']> }),
    ...(maxTokenLifetime === undefined ? {} : { maxTokenLifetime }),
    ...(claim === undefined ? {} : { subjectClaim: claim }),
  };
}

function claimsOf(
  recipe: Recipe,
  variant: RecipeVariant,
  variables: Variables,
  token: { readonly issuer: string; readonly audience: string; readonly subjectClaim: string | undefined },
  wished: JsonObject,
  change: JsonObject,
): JsonObject {
  const subject = withoutWildcards(fill(variant.subject, variables));
  return {
    iss: token.issuer,
    aud: token.audience,
    ...(token.subjectClaim === undefined || token.subjectClaim === 'sub'
      ? { sub: subject }
      : { sub: '', [token.subjectClaim]: subject }),
    ...fillObject(recipe.claims, variables),
    ...fillObject(variant.claims ?? {}, variables),
    ...literalConditions(wished),
    ...change,
  };
}

/** Values that satisfy the user's own conditions, if they are plain ones. */
function literalConditions(conditions: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(conditions).filter(([claim, value]) => !claim.startsWith('/') && typeof value !== 'object'),
  );
}

type SampleOf = (variant: RecipeVariant, values: Variables, change: JsonObject) => JsonObject;

/** A neighbour with its claims, unless it does not apply or the user's own conditions ask for just this one. */
function neighbourOf(
  recipe: Recipe,
  selected: RecipeVariant,
  neighbour: RecipeNeighbour,
  variables: Variables,
  sampleOf: SampleOf,
  withoutWishes: SampleOf,
): readonly Sample[] {
  const { needs = [], unless = [], set = {} } = neighbour;
  if (needs.some((name) => !variables.has(name)) || unless.some((name) => variables.has(name))) return [];
  const variant = recipe.variants.find(({ name }) => name === neighbour.variant) ?? selected;
  const values = new Map(variables);
  for (const [name, template] of Object.entries(set)) values.set(name, fillOptional(template, variables) ?? template);
  const change: Record<string, JsonValue> = fillObject(neighbour.change ?? {}, values);
  const isMeant = (of: SampleOf): boolean =>
    canonicalJson(of(variant, values, change)) === canonicalJson(of(selected, variables, {}));
  if (isMeant(sampleOf) && !isMeant(withoutWishes)) return [];
  return [{ who: fill(neighbour.who, variables), claims: sampleOf(variant, values, change) }];
}

/**
 * A customised subject as a neighbour would have it: changed where a parameter was read from it, and nowhere else. What
 * nobody can tell from it may be the same for both.
 */
function neighbouringSubject(recipe: Recipe, custom: string, own: Variables, values: Variables): string {
  let subject = custom;
  for (const { name, from } of recipe.parameters) {
    const [before, after] = [own.get(name), values.get(name)];
    if (before === undefined || after === undefined || before === after) continue;
    for (const { claim, pattern } of from === undefined ? [] : [from].flat()) {
      const found = claim === 'sub' && pattern !== undefined ? new RegExp(pattern, 'd').exec(subject) : null;
      const [start, end] = found?.indices?.[1] ?? [];
      if (start !== undefined && end !== undefined && found?.[1] === before)
        subject = subject.slice(0, start) + after + subject.slice(end);
    }
  }
  return subject;
}
