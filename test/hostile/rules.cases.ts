// Class 6: verified tokens that no rule means, and rules that nobody should be able to write.

import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';
import { claimsAt, group, SUBJECT, usual } from './case.ts';
import type { HostileCase, HostileClass, HostileGroup, Kit, World } from './case.ts';
import type { Refusal } from './refusal.ts';

const MISMATCH: Refusal = { reason: 'subject_mismatch' };
const NO_SUBJECT: Refusal = { reason: 'subject_missing' };
const FAILED: Refusal = { reason: 'condition_failed' };
const EXPRESSION: Refusal = { reason: 'expression_failed' };
const INVALID: Refusal = { error: 'invalid', reason: null };

type Claims = Readonly<Record<string, unknown>>;

/** Shared by the groups that only differ in their rule, which stand first and together: the next deployment empties the database. */
let shared: Promise<World> | null = null;
const PLAIN = { providerSubject: SUBJECT, providerSubjectMatch: 'exact', conditions: null, expression: null };

/** A world whose one rule is this; the account is named, so that the nearest rule tells why. */
function ruled(rule: Claims, goodClaims: Claims = {}): (kit: Kit) => Promise<World> {
  return async (kit) => {
    shared ??= usual(kit);
    const world = await shared;
    const { status } = await world.deployment.iam('PATCH', identityPath(world), { ...PLAIN, ...rule });
    if (status !== 200) throw new Error(`the rule was answered ${status}`);
    return { ...world, token: (claims = {}, options = {}) => world.token({ ...goodClaims, ...claims }, options) };
  };
}

const named = ({ joined }: World): Record<string, string> => ({ service_account_id: joined.serviceAccount });

function sends(name: string, taught: string, claims: Claims, refused: Refusal, twin?: Claims): HostileCase {
  return {
    name,
    taught,
    refused,
    attack: ({ token }) => token(claims),
    ...(twin === undefined ? {} : { twin: ({ token }: World) => token(twin) }),
  };
}

const MAIN = 'repo:acme/app:ref:refs/heads/main';

const exactSubjects: readonly HostileCase[] = [
  ...Object.entries({
    'a longer branch': `${MAIN}-evil`,
    'a longer path': `${MAIN}/x`,
    'another segment': `${MAIN}:environment:prod`,
    'something before it': `x${MAIN}`,
    'its own first half': 'repo:acme/app:ref:refs/heads/',
    'all but its last letter': MAIN.slice(0, -1),
    'another owner with the same ending': 'repo:evil/acme/app:ref:refs/heads/main',
    capitals: 'repo:ACME/app:ref:refs/heads/main',
    'a capital at its start': 'Repo:acme/app:ref:refs/heads/main',
    'a tag of the same name': 'repo:acme/app:ref:refs/tags/main',
    'a pull request': 'repo:acme/app:pull_request',
    'a space after it': `${MAIN} `,
    'a space before it': ` ${MAIN}`,
    'a line feed after it': `${MAIN}\n`,
    'a NUL after it': `${MAIN}\0`,
    'a NUL and more after it': `${MAIN}\0evil`,
    'a zero-width space in it': 'repo:acme/app\u200B:ref:refs/heads/main',
    'a zero-width joiner in it': 'repo:ac\u200Dme/app:ref:refs/heads/main',
    'a Cyrillic а in it': 'repo:\u0430cme/app:ref:refs/heads/main',
    'a Greek omicron in it': 'rep\u03BF:acme/app:ref:refs/heads/main',
    'a full-width colon in it': 'repo：acme/app:ref:refs/heads/main',
    'a fraction slash in it': 'repo:acme\u2044app:ref:refs/heads/main',
    'full-width letters in it': 'repo:ａcme/app:ref:refs/heads/main',
    'a dotless i in it': 'repo:acme/app:ref:refs/heads/ma\u0131n',
    'a mark that reorders text in it': 'repo:\u202Eemca\u202C/app:ref:refs/heads/main',
    'a percent-encoded colon': 'repo%3Aacme/app:ref:refs/heads/main',
    'a percent-encoded slash': 'repo:acme%2Fapp:ref:refs/heads/main',
    'backslashes for slashes': MAIN.replaceAll('/', '\\'),
    'an asterisk': '*',
    'two asterisks': '**',
    'a pattern': 'repo:acme/*:ref:refs/heads/main',
    'a per cent sign, which LIKE would take': '%',
    SQL: "' OR '1'='1",
    'ten thousand characters': `${MAIN}${'x'.repeat(10_000)}`,
  }).map(([name, sub]) =>
    sends(`a subject with ${name}`, 'CVE-2024-23832 class; GitHub and AWS trust policies by prefix', { sub }, MISMATCH),
  ),
  ...([undefined, null, '', 42, true, [], [MAIN], { sub: MAIN }, [[MAIN]]] as const).map((sub) =>
    sends(
      `a subject that is ${JSON.stringify(sub) ?? 'absent'}`,
      'RFC 7519 §4.1.2; jose accepts a numeric sub',
      { sub },
      NO_SUBJECT,
    ),
  ),
];

const composed: readonly HostileCase[] = [
  sends(
    'the decomposed form of a name',
    'Unicode normal forms (compared byte for byte)',
    { sub: 'group:caf\u0065\u0301:deploy' },
    MISMATCH,
  ),
  sends('the compatibility form of a name', 'Unicode normal forms', { sub: 'group:ｃａｆé:deploy' }, MISMATCH),
  sends('a name without its accent', 'Unicode folding', { sub: 'group:cafe:deploy' }, MISMATCH),
  sends('a name in capitals', 'Unicode folding (CVE-2024-25124 class)', { sub: 'group:CAFÉ:deploy' }, MISMATCH),
];

const globs: readonly HostileCase[] = Object.entries({
  'another owner whose name begins alike': 'repo:acme-evil/x:ref:refs/heads/main',
  'another owner whose name ends alike': 'repo:evil-acme/x:ref:refs/heads/main',
  'a repository with a slash in its name': 'repo:acme/a/b:ref:refs/heads/main',
  'a repository with a colon in its name': 'repo:acme/a:b:ref:refs/heads/main',
  'a longer branch': 'repo:acme/x:ref:refs/heads/main-evil',
  'a longer branch with a slash': 'repo:acme/x:ref:refs/heads/main/evil',
  'a segment more': 'repo:acme/x:ref:refs/heads/main:y',
  'something before it': 'xrepo:acme/x:ref:refs/heads/main',
  'a line feed before it': '\nrepo:acme/x:ref:refs/heads/main',
  'a line feed and a good one after a bad one': 'repo:evil/x\nrepo:acme/x:ref:refs/heads/main',
  'a good one and a line feed after it': 'repo:acme/x:ref:refs/heads/main\nx',
  'a tag': 'repo:acme/x:ref:refs/tags/main',
  'a separator that is percent-encoded': 'repo:acme/x%3Aref:refs/heads/main',
  capitals: 'repo:ACME/x:ref:refs/heads/main',
  'the pattern short of its end': 'repo:acme/x:ref:refs/heads/mai',
  'nothing where the owner belongs': 'repo:/x:ref:refs/heads/main',
}).map(([name, sub]) =>
  sends(`under repo:acme/*:… a subject with ${name}`, 'octo-sts: patterns that are not anchored', { sub }, MISMATCH),
);

/** A glob rule whose special characters are text, what a regular expression would accept, and the text itself. */
function literal(pattern: string, sub: string, good: string): HostileGroup {
  return group({
    title: `the pattern ${pattern}`,
    world: ruled({ providerSubject: pattern, providerSubjectMatch: 'glob' }, { sub: good }),
    parameters: named,
    cases: [
      sends(
        `the subject ${sub.slice(0, 40)} under the pattern ${pattern}`,
        'regular expressions in trust policies (octo-sts, Vault bound_claims)',
        { sub },
        MISMATCH,
      ),
    ],
  });
}

const literals: readonly HostileGroup[] = [
  literal('repo:acme/app:main|develop:*', 'repo:acme/app:main:x', 'repo:acme/app:main|develop:x'),
  literal('repo:acme/app:(a+)+$:*', `repo:acme/app:${'a'.repeat(28)}:x`, 'repo:acme/app:(a+)+$:x'),
  literal('repo:acme/app:[a-z]:*', 'repo:acme/app:q:x', 'repo:acme/app:[a-z]:x'),
  literal('repo:acme/app:{a,b}:*', 'repo:acme/app:a:x', 'repo:acme/app:{a,b}:x'),
  literal('repo:acme/app:!x:*', 'repo:acme/app:y:x', 'repo:acme/app:!x:x'),
  literal('repo:acme/app:v?:*', 'repo:acme/app:v1:x', 'repo:acme/app:v?:x'),
  literal('repo:acme/app:.+:*', 'repo:acme/app:main:x', 'repo:acme/app:.+:x'),
  literal('repo:acme/app:\\d:*', 'repo:acme/app:1:x', 'repo:acme/app:\\d:x'),
  literal('repo:acme/app:%:*', 'repo:acme/app:main:x', 'repo:acme/app:%:x'),
  literal('repo:acme/app:_:*', 'repo:acme/app:a:x', 'repo:acme/app:_:x'),
  literal('repo:acme/app:^main$:*', 'repo:acme/app:main:x', 'repo:acme/app:^main$:x'),
  literal('repo:acme/app:%2A:*', 'repo:acme/app:*:x', 'repo:acme/app:%2A:x'),
];

/** Writing a rule that the API refuses. */
function writes(name: string, taught: string, rule: Claims, says?: string): HostileCase {
  return {
    name,
    taught,
    refused: says === undefined ? INVALID : { ...INVALID, says },
    attack: ({ deployment, joined }) =>
      deployment.iam('POST', '/v1/federated-identities', {
        name: crypto.randomUUID(),
        serviceAccountIdentity: joined.serviceAccount,
        providerIdentity: joined.provider,
        providerSubject: 'group:acme:deploy',
        ...rule,
      }),
  };
}

const BROAD = [
  '*',
  '**',
  '***',
  'repo:*',
  'repo:**',
  'repo:acme*',
  'repo:acme**',
  'repo:*/app:ref:refs/heads/main',
  'repo:*:*',
  '*:acme/app',
  'r*:acme/app',
  'repo:a*e/app',
  'system:*',
  'system:serviceaccount*',
  'spiffe://*',
  'spiffe://**',
  'spiffe://*/ns/x',
  'spiffe://example.org',
  'spiffe://example.org/*',
  'https://*',
  'https://*/x',
  'repo:acme/app*',
  'repo:acme/*app',
  'repo:acme/a*p:ref:refs/heads/main',
  'repo:acme/**app:ref:refs/heads/main',
  'repo:/x*',
  ':acme/x',
  '/acme/*',
  ':::*',
  '//*',
  'repo::*',
  'repo',
  'main*',
  'https://:*',
] as const;

const written: readonly HostileCase[] = [
  ...BROAD.map((providerSubject) =>
    writes(
      `writing the over-broad glob ${providerSubject}`,
      'contract §5.3; GitHub/AWS misconfigurations (repo:org*)',
      { providerSubject, providerSubjectMatch: 'glob' },
    ),
  ),
  writes('writing an empty subject', 'contract §5.3 (nothing to verify)', { providerSubject: '' }),
  writes('writing an empty glob', 'contract §5.3 (nothing to verify)', {
    providerSubject: '',
    providerSubjectMatch: 'glob',
  }),
  writes('writing an exact subject of 2,049 characters', 'contract §5.3', { providerSubject: 'x'.repeat(2_049) }),
  writes('writing a subject that is a list', 'contract §5.3', { providerSubject: [SUBJECT] }),
  writes('writing a match that is a regular expression', 'contract §5.3', { providerSubjectMatch: 'regex' }),
  writes('writing a match of the wrong case', 'contract §5.3', { providerSubjectMatch: 'GLOB' }),
  writes('writing an audience mode that does not exist', 'contract §5.3', { audienceMatchMode: 'none' }),
  ...Object.entries({
    null: { id: null },
    'an unknown matcher': { id: { regex: '.*' } },
    'two matchers in one': { id: { glob: 'a', not: 'b' } },
    'no matcher': { id: {} },
    'an empty list': { id: [] },
    'an empty anyOf': { id: { anyOf: [] } },
    'an empty allOf': { id: { allOf: [] } },
    'an empty containsAll': { id: { containsAll: [] } },
    'an empty not': { id: { not: [] } },
    'an empty glob': { id: { glob: '' } },
    'a nested list': { id: [['a']] },
    'an object in a list': { id: [{ glob: 'a' }] },
    'exists as a text': { id: { exists: 'true' } },
    'an empty name': { '': 'a' },
    'a broken pointer': { '/a~2b': 'x' },
    'a hundred and one values': { id: Array.from({ length: 101 }, String) },
    'fifty-one claims': Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`c${index}`, 'x'])),
    'a matcher from a prototype': { id: { constructor: 'x' } },
    'a claim of 257 characters': { ['c'.repeat(257)]: 'x' },
    'a list instead of a map': ['a'],
    'a text instead of a map': 'sub == "x"',
  }).map(([name, conditions]) => writes(`writing conditions with ${name}`, 'contract §5.3', { conditions })),
  ...Object.entries({
    matches: "claims.sub.matches('(a+)+$')",
    'matches as a function': "matches(claims.sub, '(a+)+$')",
    'matches inside a macro': "claims.list.exists(x, x.matches('a'))",
    'a variable that does not exist': 'request.auth == 1',
    'a bare name': 'sub == "x"',
    'a function that does not exist': 'eval("1")',
    timestamps: 'timestamp("2030-01-01T00:00:00Z") > timestamp("2020-01-01T00:00:00Z")',
    'a number as its result': '1 + 1',
    'a text as its result': '"true"',
    'half a sentence': 'claims.sub ==',
    'nothing but a space': ' ',
    'a nested macro': 'claims.a.all(x, claims.b.all(y, x == y))',
    'a map literal': '{"a": 1}.a == 1',
    bytes: 'b"a" == b"a"',
    'two thousand and forty-nine characters': `claims.sub == "${'x'.repeat(2_049)}"`,
    'three hundred parentheses': `${'('.repeat(300)}true${')'.repeat(300)}`,
    'three hundred negations': `${'!'.repeat(300)}true`,
    'four hundred terms': Array.from({ length: 400 }, () => 'true').join('&&'),
    JavaScript: 'claims.constructor.constructor("return this")()',
    'a template': '${claims.sub}',
    'lowerAscii, which folds': 'claims.sub.lowerAscii() == "x"',
    'a division by zero': '1/0 == 1 && foo',
  }).map(([name, expression]) =>
    writes(`writing an expression with ${name}`, 'cel-js (matches backtracks for seconds), contract §5.3', {
      expression,
    }),
  ),
];

/** A row that became too broad, or that nobody could have written. */
function oldRule(
  name: string,
  column: string,
  value: string,
  claims: Claims = {},
  refused: Refusal = { reason: 'rule_invalid' },
): HostileCase {
  return {
    name: `a token that only an old row with ${name} accepts`,
    taught: 'contract §5.3 (refused when written and again when matched)',
    refused,
    prepare: ({ deployment, joined }) => update(deployment, joined.federatedIdentity, column, value),
    attack: ({ token }) => token(claims),
    twin: async ({ deployment, joined, token }) => {
      const good: Record<string, string | null> = {
        provider_subject: SUBJECT,
        provider_subject_match: 'exact',
        conditions: null,
        expression: null,
      };
      for (const [name, before] of Object.entries(good))
        await update(deployment, joined.federatedIdentity, name, before);
      return token();
    },
  };
}

async function update({ db }: World['deployment'], id: string, column: string, value: string | null): Promise<void> {
  const pattern =
    column === 'provider_subject' && value?.includes('*') === true
      ? ", provider_subject_match = 'glob', subject_key = NULL"
      : '';
  await db
    .prepare(
      `UPDATE federated_identity SET ${column} = ?2 ${pattern}, object_version = object_version + 1 WHERE id = ?1`,
    )
    .bind(id, value)
    .run();
}

const oldRules: readonly HostileCase[] = [
  ...['*', '**', 'project:*', 'project:acme*', 'project:acme:pipe*', '*:acme:pipeline:deploy'].map((value) =>
    oldRule(`the subject ${value}`, 'provider_subject', value),
  ),
  oldRule('a matcher that does not exist', 'conditions', '{"sub":{"regex":".*"}}'),
  oldRule('an empty list of values', 'conditions', '{"sub":[]}'),
  oldRule('a number that JSON rounds', 'conditions', '{"id":9007199254740993}', { id: '9007199254740993' }),
  oldRule('an expression that calls matches', 'expression', "claims.sub.matches('.*')"),
  oldRule('an expression that is no expression', 'expression', 'true ||'),
  oldRule('an expression over another variable', 'expression', 'token.sub != ""'),
];

/** Tokens against one condition. */
function condition(
  conditions: Claims,
  good: Claims,
  cases: Readonly<Record<string, Claims>>,
  taught: string,
): HostileGroup {
  const text = JSON.stringify(conditions);
  return group({
    title: `the conditions ${text.slice(0, 80)}`,
    world: ruled({ conditions }, good),
    parameters: named,
    cases: Object.entries(cases).map(([name, claims]) =>
      sends(
        `under ${text.slice(0, 60)} ${name}`,
        taught,
        { ...Object.fromEntries(Object.keys(good).map((claim) => [claim, undefined])), ...claims },
        FAILED,
      ),
    ),
  });
}

const conditionGroups: readonly HostileGroup[] = [
  condition(
    { ref: 'main' },
    { ref: 'main' },
    {
      'an absent claim': {},
      null: { ref: null },
      'an empty text': { ref: '' },
      'a longer value': { ref: 'main-evil' },
      capitals: { ref: 'Main' },
      'a space after it': { ref: 'main ' },
      'a list without it': { ref: ['develop'] },
      'an empty list': { ref: [] },
      'a list in a list': { ref: [['main']] },
      'an object': { ref: { main: true } },
      'the full ref': { ref: 'refs/heads/main' },
      'the claim in capitals': { REF: 'main' },
    },
    'an absent claim never satisfies anything (contract §5.3)',
  ),
  condition(
    { protected: true },
    { protected: 'true' },
    {
      'the text false': { protected: 'false' },
      'the number one': { protected: 1 },
      'the text one': { protected: '1' },
      'the text TRUE': { protected: 'TRUE' },
      'the text yes': { protected: 'yes' },
      'a list with nothing': { protected: [] },
      'an object': { protected: {} },
    },
    'GitLab sends "true" as a text',
  ),
  condition(
    { id: 42 },
    { id: '42' },
    {
      'a zero before it': { id: '042' },
      'a fraction': { id: 42.5 },
      'a text with a fraction': { id: '42.0' },
      'a sign': { id: '+42' },
      'an exponent': { id: '4.2e1' },
      hexadecimal: { id: '0x2A' },
      'a space': { id: ' 42' },
      'full-width digits': { id: '４２' },
      true: { id: true },
    },
    'ids compared as numbers (never truncated, contract §5.3)',
  ),
  condition(
    { id: '9007199254740993' },
    { id: '9007199254740993' },
    {
      'its neighbour below': { id: '9007199254740992' },
      'its neighbour below as a number': { id: 9_007_199_254_740_992 },
      'its neighbour above as a number': { id: 9_007_199_254_740_994 },
    },
    'ids above 2^53 (CVE-2024-45337 class: two identities, one number)',
  ),
  condition(
    { env: { not: 'dev' } },
    { env: 'prod' },
    {
      'an absent claim': {},
      null: { env: null },
      'the excluded value': { env: 'dev' },
      'a list with the excluded value': { env: ['prod', 'dev'] },
      'an object, which cannot be compared': { env: { name: 'dev' } },
      'a list with an object': { env: ['prod', { name: 'dev' }] },
      'a list with null': { env: ['prod', null] },
    },
    'negation over what is absent (contract §5.3)',
  ),
  condition(
    { groups: { allOf: ['a', 'b'] } },
    { groups: ['a'] },
    {
      'an absent claim': {},
      'an empty list': { groups: [] },
      'one more': { groups: ['a', 'evil'] },
      'a nested list': { groups: [['a']] },
      'null in the list': { groups: ['a', null] },
    },
    'every element of a non-empty array (contract §5.3)',
  ),
  condition(
    { groups: { containsAll: ['a', 'b'] } },
    { groups: ['b', 'a', 'c'] },
    {
      'an absent claim': {},
      'one of them': { groups: ['a'] },
      'one of them as a text': { groups: 'a' },
      'both in one text': { groups: 'a b' },
      'both in one element': { groups: ['a,b'] },
    },
    'contract §5.3 (containsAll)',
  ),
  condition(
    { ref: { glob: 'release/*' } },
    { ref: 'release/1' },
    {
      'a slash more': { ref: 'release/1/evil' },
      'something before it': { ref: 'xrelease/1' },
      'an absent claim': {},
      'a list without it': { ref: ['main'] },
      'an object': { ref: { a: 'release/1' } },
    },
    'contract §5.3 (glob)',
  ),
  condition(
    { constructor: { exists: true } },
    { constructor: 'x' },
    { 'a token without the claim': {} },
    'own members only (prototype pollution)',
  ),
  condition(
    { toString: { exists: true } },
    { toString: 'x' },
    { 'a token without the claim': {}, null: { toString: null } },
    'own members only (prototype pollution)',
  ),
  condition(
    { hasOwnProperty: { not: 'x' } },
    { hasOwnProperty: 'y' },
    { 'a token without the claim': {} },
    'own members only (prototype pollution)',
  ),
  condition(
    { '/a/__proto__': { exists: true } },
    { a: JSON.parse('{"__proto__":"x"}') },
    { 'a token without the member': { a: {} }, 'a text': { a: 'x' } },
    'own members only, by JSON Pointer',
  ),
  condition(
    { '/list/length': 3 },
    { list: { length: 3 } },
    { 'a list of three': { list: [1, 2, 3] }, 'a text of three': { list: 'abc' } },
    'own members only, by JSON Pointer',
  ),
  condition(
    { '/list/0': 'a' },
    { list: ['a'] },
    {
      'the value second': { list: ['b', 'a'] },
      'an empty list': { list: [] },
      'a text': { list: 'a' },
      'an object in the list': { list: [{ 0: 'a' }] },
    },
    'RFC 6901',
  ),
  condition(
    { '/list/01': 'a' },
    { list: { '01': 'a' } },
    { 'a list whose second is it': { list: ['b', 'a'] } },
    'RFC 6901 §4 (no leading zeros)',
  ),
  condition(
    { '/list/-': 'a' },
    { list: { '-': 'a' } },
    { 'a list that ends with it': { list: ['b', 'a'] } },
    'RFC 6901 §4',
  ),
  condition(
    { 'kubernetes.io': { exists: true } },
    { 'kubernetes.io': 'x' },
    { 'the name split at its dot': { kubernetes: { io: 'x' } } },
    'names are never split at dots',
  ),
  condition(
    { '/a~1b': 'x' },
    { 'a/b': 'x' },
    { 'the name split at its slash': { a: { b: 'x' } }, 'the escape itself': { 'a~1b': 'x' } },
    'RFC 6901 §3',
  ),
  condition(
    { gone: { exists: false } },
    {},
    {
      'a token with the claim': { gone: 'x' },
      false: { gone: false },
      zero: { gone: 0 },
      'an empty text': { gone: '' },
    },
    'contract §5.3 (exists)',
  ),
];

/** Tokens against one expression. */
function expression(text: string, good: Claims, cases: Readonly<Record<string, Claims>>): HostileGroup {
  return group({
    title: `the expression ${text.slice(0, 60)}`,
    world: ruled({ expression: text }, good),
    parameters: named,
    cases: Object.entries(cases).map(([name, claims]) =>
      sends(
        `under ${text.slice(0, 60)} ${name}`,
        'an evaluation error is a refusal (contract §5.3)',
        { ...Object.fromEntries(Object.keys(good).map((claim) => [claim, undefined])), ...claims },
        EXPRESSION,
      ),
    ),
  });
}

const expressionGroups: readonly HostileGroup[] = [
  expression(
    "claims.ref == 'main'",
    { ref: 'main' },
    {
      'an absent claim': {},
      'another value': { ref: 'x' },
      null: { ref: null },
      'a list': { ref: ['main'] },
      'a number': { ref: 1 },
    },
  ),
  expression("!(claims.ref == 'evil')", { ref: 'main' }, { 'an absent claim': {}, 'the value': { ref: 'evil' } }),
  expression("claims.ref != 'evil'", { ref: 'main' }, { 'an absent claim': {} }),
  expression(
    'claims.flag',
    { flag: true },
    {
      'a text': { flag: 'true' },
      'a number': { flag: 1 },
      'an absent claim': {},
      null: { flag: null },
      'a list': { flag: [true] },
    },
  ),
  expression(
    'claims.a.b.c == 1',
    { a: { b: { c: 1 } } },
    {
      'a shorter path': { a: {} },
      'a text in the path': { a: 'b' },
      'null in the path': { a: null },
      'a list in the path': { a: [{ b: { c: 1 } }] },
    },
  ),
  expression(
    'claims.list[2] == 1',
    { list: [0, 0, 1] },
    { 'a list that is too short': { list: [1] }, 'an object': { list: { '2': 1 } }, 'a text': { list: '001' } },
  ),
  expression(
    '10 / claims.n == 5',
    { n: 2 },
    { 'a division by zero': { n: 0 }, 'a text': { n: '2' }, 'a fraction': { n: 2.5 } },
  ),
  expression(
    'claims.n + 1 > 0',
    { n: 5 },
    { 'a number beyond 2^53': { n: '9007199254740993' }, 'an object': { n: {} } },
  ),
  expression('has(claims.constructor)', { constructor: 'x' }, { 'a token without the claim': {} }),
  expression("'__proto__' in claims", JSON.parse('{"__proto__":"x"}') as Claims, { 'a token without the claim': {} }),
  expression(
    "claims.sub.size() < 100 && claims.list.exists(x, x == 'a')",
    { list: ['a'] },
    {
      'a list without it': { list: ['b'] },
      'an empty list': { list: [] },
      'an absent list': {},
      'a text': { list: 'a' },
      'five thousand elements': { list: Array.from({ length: 5_000 }, () => 1) },
    },
  ),
  expression(
    'claims.list.all(x, x > 0)',
    { list: [1, 2] },
    { 'a text in the list': { list: [1, 'x'] }, 'a zero in the list': { list: [1, 0] }, 'an absent list': {} },
  ),
];

/** Something that is switched off, and on again. */
function switched(
  name: string,
  path: (world: World) => string,
  off: Claims,
  on: Claims,
  reason: Refusal['reason'],
  recorded: 'refused' | 'shadow' = 'refused',
): HostileCase {
  return {
    name,
    taught: 'hostile inputs: each at once, each with its own audit reason',
    refused: { reason, recorded },
    prepare: (world) => world.deployment.iam('PATCH', path(world), off),
    attack: ({ token }) => token(),
    twin: async (world) => {
      await world.deployment.iam('PATCH', path(world), on);
      return world.token();
    },
  };
}

const identityPath = ({ joined }: World): string => `/v1/federated-identities/${joined.federatedIdentity}`;
const accountPath = ({ joined }: World): string => `/v1/service-accounts/${joined.serviceAccount}`;

const states: readonly HostileCase[] = [
  switched(
    'a token of an inactive identity',
    identityPath,
    { status: 'inactive' },
    { status: 'active' },
    'identity_inactive',
  ),
  switched(
    'a token of a revoked identity',
    identityPath,
    { status: 'revoked' },
    { status: 'active' },
    'identity_revoked',
  ),
  switched(
    'a token of an expired identity',
    identityPath,
    { expiresAt: '2020-01-01T00:00:00Z' },
    { expiresAt: null },
    'identity_expired',
  ),
  switched(
    'a token of an inactive account',
    accountPath,
    { status: 'inactive' },
    { status: 'active' },
    'service_account_inactive',
  ),
  switched(
    'a token of a rule that only watches',
    identityPath,
    { mode: 'shadow' },
    { mode: 'enforce' },
    'no_federated_identity',
    'shadow',
  ),
  switched(
    'a token after its rule moved to another subject',
    identityPath,
    { providerSubject: 'project:acme:pipeline:other' },
    { providerSubject: SUBJECT },
    'subject_mismatch',
  ),
  {
    name: 'a token at the very second its identity expires',
    taught: 'contract §5.3 (a past expiresAt)',
    refused: { reason: 'identity_expired' },
    prepare: (world) =>
      world.deployment.iam('PATCH', identityPath(world), {
        expiresAt: new Date(world.deployment.clock.now * 1_000).toISOString(),
      }),
    attack: ({ token }) => token(),
    twin: async (world) => {
      world.deployment.clock.now -= 1;
      return world.token();
    },
  },
  {
    name: 'a token of a deleted identity',
    taught: 'hostile inputs: each at once',
    refused: { reason: 'no_federated_identity' },
    prepare: (world) => world.deployment.iam('DELETE', identityPath(world)),
    attack: ({ token }) => token(),
    twin: async ({ deployment, joined, kit, token }) => {
      await kit.addIdentity(deployment, joined, { providerSubject: SUBJECT });
      return token();
    },
  },
];

interface TwoIssuers extends World {
  readonly other: TestIssuer;
}

const crossed: readonly HostileCase<TwoIssuers>[] = [
  {
    name: 'a token of another registered issuer with the very claims of a rule',
    taught: 'RFC 8725 §3.8; PyPI: a rule belongs to its issuer',
    refused: {
      reason: 'no_federated_identity',
      fetches: ['https://other.example.com/.well-known/openid-configuration', 'https://other.example.com/keys'],
    },
    attack: ({ deployment, other }) => other.sign(claimsAt(deployment, other.issuer)),
  },
  {
    name: 'a token of another registered issuer that names the account',
    taught: 'RFC 8725 §3.8',
    refused: { reason: 'no_federated_identity' },
    attack: async ({ deployment, other, joined }) =>
      deployment.exchange(await other.sign(claimsAt(deployment, other.issuer)), {
        service_account_id: joined.serviceAccount,
      }),
  },
  {
    name: 'a token of another registered issuer that names the identity',
    taught: 'RFC 8725 §3.8',
    refused: { status: 403, reason: 'no_federated_identity' },
    attack: async ({ deployment, other, joined }) =>
      deployment.send('/api/v2/oauth/token-exchange', {
        method: 'POST',
        body: new URLSearchParams({
          client_id: joined.federatedIdentity,
          jwt: await other.sign(claimsAt(deployment, other.issuer)),
        }),
      }),
  },
];

async function twoIssuers(kit: Kit): Promise<TwoIssuers> {
  const world = await usual(kit);
  const other = await createIssuer({ issuer: 'https://other.example.com' });
  world.deployment.connect(other);
  await kit.expectCreated(
    world.deployment.iam('POST', '/v1/federated-identity-providers', { name: 'other', providerIssuer: other.issuer }),
  );
  return { ...world, other };
}

export const rules: HostileClass = {
  title: 'Rules',
  about:
    'Verified tokens that no rule means, and rules that nobody should be able to write. Each refusal is one audit event with its own reason.',
  groups: [
    group({
      title: 'an exact subject',
      world: ruled({ providerSubject: MAIN }, { sub: MAIN }),
      parameters: named,
      cases: exactSubjects,
    }),
    group({
      title: 'a subject outside of ASCII',
      world: ruled({ providerSubject: 'group:caf\u00E9:deploy' }, { sub: 'group:caf\u00E9:deploy' }),
      parameters: named,
      cases: composed,
    }),
    group({
      title: 'a glob',
      world: ruled({ providerSubject: 'repo:acme/*:ref:refs/heads/main', providerSubjectMatch: 'glob' }, { sub: MAIN }),
      parameters: named,
      cases: globs,
    }),
    ...literals,
    ...conditionGroups,
    ...expressionGroups,
    group({ title: 'what may not be written', world: (kit) => usual(kit), cases: written }),
    group({ title: 'old rows', world: (kit) => usual(kit), parameters: named, cases: oldRules }),
    group({ title: 'states', world: (kit) => usual(kit), parameters: named, fresh: 'case', cases: states }),
    group({ title: 'two issuers', world: twoIssuers, cases: crossed }),
  ],
};
