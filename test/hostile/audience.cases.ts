// Class 5: tokens that were meant for somebody else, and callers who want a token for somebody else.

import { AUDIENCE, group, usual } from './case.ts';
import type { HostileCase, HostileClass, Kit, World } from './case.ts';
import type { Refusal } from './refusal.ts';

const MISMATCH: Refusal = { reason: 'audience_mismatch' };
const OTHER = 'https://other.example.com';

function aud(name: string, taught: string, value: unknown, twin?: unknown, refused: Refusal = MISMATCH): HostileCase {
  return {
    name,
    taught,
    refused,
    attack: ({ token }) => token({ aud: value }),
    ...(twin === undefined ? {} : { twin: ({ token }: World) => token({ aud: twin }) }),
  };
}

const shapes: readonly HostileCase[] = [
  aud('no audience', 'RFC 8725 §3.9', undefined, [AUDIENCE]),
  ...([[], '', null, [''], [null], {}, { [AUDIENCE]: true }, 42, true, [[AUDIENCE]], [{ aud: AUDIENCE }]] as const).map(
    (value) => aud(`audience ${JSON.stringify(value)}`, 'RFC 7519 §4.1.3', value, [AUDIENCE, OTHER]),
  ),
  ...(
    [
      [AUDIENCE, null],
      [AUDIENCE, 42],
      [AUDIENCE, ''],
      [AUDIENCE, [AUDIENCE]],
    ] as const
  ).map((value) =>
    aud(`the right audience beside ${JSON.stringify(value[1])}`, 'RFC 7519 §4.1.3 (strings only)', value),
  ),
];

const spellings: readonly HostileCase[] = [
  ...Object.entries({
    'in capitals': 'HTTPS://CAMBIST.TEST',
    'with a capital host': 'https://Cambist.test',
    'with a trailing slash': `${AUDIENCE}/`,
    'with a path': `${AUDIENCE}/oidc/token`,
    'with a query': `${AUDIENCE}?`,
    'with a fragment': `${AUDIENCE}#`,
    'with its default port': `${AUDIENCE}:443`,
    'over http': 'http://cambist.test',
    'without its scheme': 'cambist.test',
    'with a space after it': `${AUDIENCE} `,
    'with a line feed after it': `${AUDIENCE}\n`,
    'with a NUL after it': `${AUDIENCE}\0`,
    'with a NUL and more': `${AUDIENCE}\0.evil.com`,
    'as a prefix': `${AUDIENCE}.evil.com`,
    'as a suffix': 'https://evil.com/https://cambist.test',
    'with a user name': 'https://cambist.test@evil.com',
    'as its first letters': AUDIENCE.slice(0, -1),
    'with a dot after the host': `${AUDIENCE}.`,
    'with a Cyrillic letter': 'https://cаmbist.test',
    'with a full-width letter': 'https://ｃambist.test',
    'with a zero-width space': 'https://cam\u200Bbist.test',
    'in decomposed form': 'https://c\u0061\u0301mbist.test',
    'percent-encoded': 'https%3A%2F%2Fcambist.test',
    'beside another in one text': `${AUDIENCE} ${OTHER}`,
    'with a comma and another': `${AUDIENCE},${OTHER}`,
    'as a pattern': 'https://*',
    'as an asterisk': '*',
    'as JSON in a text': JSON.stringify([AUDIENCE]),
  }).map(([name, value]) => aud(`the audience ${name}`, 'CVE-2024-5037 class (audience compared loosely)', value)),
  ...[
    'sts.amazonaws.com',
    'sigstore',
    'api://AzureADTokenExchange',
    'https://iam.googleapis.com/projects/1',
    'https://vault.example.com',
    'kubernetes.default.svc',
    'pypi',
  ].map((value) => aud(`a token that was meant for ${value}`, 'RFC 8725 §3.9 (a token for another service)', value)),
  aud(
    "the platform's default audience, and says which to ask for",
    'GitHub: aud is the owner',
    'https://github.com/acme',
    undefined,
    { ...MISMATCH, says: `audience is ${AUDIENCE}` },
  ),
];

/** A trusted list that is not this deployment, in one of the modes. */
function mode(audienceMatchMode: string, trustedAudiences: readonly string[]): (kit: Kit) => Promise<World> {
  return (kit) => usual(kit, { rule: { audienceMatchMode, trustedAudiences }, warm: false });
}

const A = 'https://a.example.com';
const B = 'https://b.example.com';

const all: readonly HostileCase[] = [
  aud('a right audience among wrong ones', 'contract §5.3 (all)', [A, OTHER], [A]),
  aud('wrong ones around a right one', 'contract §5.3 (all)', [OTHER, A, OTHER], [A, B]),
  aud('none', 'contract §5.3 (all): an empty list is no audience', [], [B]),
  aud('a right one and an empty text', 'contract §5.3 (all)', [A, ''], A),
  aud('this deployment, where every audience must be one that the rule names', 'contract §5.3', AUDIENCE, [B, A]),
];

const exact: readonly HostileCase[] = [
  aud('a part of the set', 'contract §5.3 (exact)', [A], [A, B]),
  aud('a part of the set as a text', 'contract §5.3 (exact)', A, [B, A]),
  aud('more than the set', 'contract §5.3 (exact)', [A, B, OTHER], [A, B, A]),
  aud('one of the set twice', 'contract §5.3 (exact)', [A, A], [A, B]),
  aud('both in one text', 'contract §5.3 (exact)', `${A} ${B}`, [A, B]),
];

const any: readonly HostileCase[] = [
  aud('wrong ones only', 'contract §5.3 (any)', [OTHER, `${A}/`], [OTHER, A]),
  aud('this deployment, which the rule does not name', 'contract §5.3 (any)', AUDIENCE, [AUDIENCE, B]),
  aud('an asterisk', 'an audience is no pattern', '*', A),
];

const literal: readonly HostileCase[] = [
  aud('any audience where the rule lists an asterisk, which is literal', 'an audience is no pattern', OTHER, '*'),
  aud(
    'a longer audience where the rule lists a prefix with an asterisk',
    'an audience is no pattern',
    'https://a.example.com/x',
    'https://a.example.com/*',
  ),
];

/** Asks for a token for somebody. */
function wants(
  name: string,
  taught: string,
  parameters: Record<string, string | readonly string[]>,
  refused: Refusal,
  twin: Record<string, string | readonly string[]>,
): HostileCase {
  return {
    name,
    taught,
    refused,
    attack: async ({ deployment, token }) => deployment.exchange(await token(), parameters),
    twin: async ({ deployment, token }) => deployment.exchange(await token(), twin),
  };
}

const TARGET: Refusal = { error: 'invalid_target', reason: 'audience_not_allowed' };
const ID = { requested_token_type: 'urn:ietf:params:oauth:token-type:id_token' };

const requested: readonly HostileCase[] = [
  ...[
    OTHER,
    `${A}/`,
    'HTTPS://A.EXAMPLE.COM',
    `${A}/path`,
    `${A}.evil.com`,
    'a.example.com',
    '*',
    'https://*',
    `${A},${B}`,
    `${A} ${B}`,
    `${A}\n`,
    '\u0430',
  ].map((audience) =>
    wants(`a token for ${JSON.stringify(audience)}`, 'RFC 8707 §2', { audience }, TARGET, { audience: A }),
  ),
  wants('one allowed audience and one that is not', 'RFC 8693 §2.1', { audience: [A, OTHER] }, TARGET, {
    audience: [A, B],
  }),
  wants('an allowed audience and a resource that is not', 'RFC 8707 §2', { audience: A, resource: OTHER }, TARGET, {
    audience: A,
    resource: B,
  }),
  wants('a resource that is not allowed', 'RFC 8707 §2', { resource: OTHER }, TARGET, { resource: B }),
  wants(
    'an ID token for nobody',
    'OpenID Connect Core §2',
    ID,
    { reason: 'audience_required' },
    { ...ID, audience: A },
  ),
  wants(
    'an ID token for nobody, with an empty audience',
    'RFC 6749 §3.1 (empty is absent)',
    { ...ID, audience: '' },
    { reason: 'audience_required' },
    { ...ID, resource: A },
  ),
  wants(
    'an ID token for somebody who is not allowed',
    'a cloud that trusts us',
    { ...ID, audience: 'sts.amazonaws.com' },
    TARGET,
    { ...ID, audience: [A, B] },
  ),
  wants(
    'a hundred audiences, the last of which is not allowed',
    'RFC 8693 §2.1',
    { audience: [...Array.from({ length: 99 }, () => A), OTHER] },
    TARGET,
    { audience: Array.from({ length: 100 }, () => A) },
  ),
];

/** A request whose headers claim to be for another host. */
function spoofed(name: string, headers: Record<string, string>): HostileCase {
  const ask = async (
    { deployment, token }: World,
    audience: string,
  ): Promise<Awaited<ReturnType<typeof deployment.send>>> =>
    deployment.send('/oidc/token', {
      method: 'POST',
      headers,
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        subject_token: await token({ aud: audience }),
      }),
    });
  return {
    name,
    taught: 'Host header attacks (PortSwigger)',
    refused: { ...MISMATCH, says: `audience is ${AUDIENCE}`, hides: [] },
    attack: (world) => ask(world, 'https://evil.example.com'),
    twin: (world) => ask(world, AUDIENCE),
  };
}

const hosts: readonly HostileCase[] = [
  spoofed('the audience that Host names', { host: 'evil.example.com' }),
  spoofed('the audience that X-Forwarded-Host names', {
    'x-forwarded-host': 'evil.example.com',
    'x-forwarded-proto': 'https',
  }),
  spoofed('the audience that Forwarded names', { forwarded: 'host=evil.example.com;proto=https' }),
  spoofed('the audience that X-Original-URL names', {
    'x-original-url': 'https://evil.example.com/oidc/token',
    'x-rewrite-url': '/',
  }),
  spoofed('the audience that Origin and Referer name', {
    origin: 'https://evil.example.com',
    referer: 'https://evil.example.com/',
  }),
];

export const audience: HostileClass = {
  title: 'Audience',
  about:
    'Tokens that were meant for somebody else, and callers who want a token for somebody else. Comparison is byte for byte.',
  groups: [
    group({ title: 'shapes', world: (kit) => usual(kit), cases: shapes }),
    group({ title: 'spellings', world: (kit) => usual(kit), cases: spellings }),
    group({ title: 'mode any', world: mode('any', [A, B]), cases: firstWarm(any) }),
    group({ title: 'mode all', world: mode('all', [A, B]), cases: firstWarm(all) }),
    group({ title: 'mode exact', world: mode('exact', [A, B]), cases: firstWarm(exact) }),
    group({
      title: 'trusted audiences are literal',
      world: mode('any', ['*', 'https://a.example.com/*']),
      cases: firstWarm(literal),
    }),
    group({
      title: 'requested audiences',
      world: (kit) => usual(kit, { rule: { tokenAudiences: [A, B] } }),
      cases: requested,
    }),
    group({ title: 'hosts', world: (kit) => usual(kit), cases: hosts }),
  ],
};

/** The usual warm-up token does not match these rules, so the keys may be fetched by a case. */
function firstWarm(cases: readonly HostileCase[]): readonly HostileCase[] {
  return cases.map((one) => ({ ...one, refused: { ...one.refused, fetches: 'issuer' } }));
}
