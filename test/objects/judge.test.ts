// Written values against their rules (contract §5): each kind of rule takes one value, and says of others what is wrong and where.

import { describe, expect, it } from 'vitest';
import { fromJSONSchema } from 'zod';

import { explainRequest } from '../../src/objects/explanation.ts';
import { federatedIdentity } from '../../src/objects/federated-identity.ts';
import { identityProvider } from '../../src/objects/identity-provider.ts';
import { faultsOf, withDefaults } from '../../src/objects/judge.ts';
import { role } from '../../src/objects/role.ts';
import {
  flag,
  identifier,
  line,
  list,
  map,
  nullable,
  oneOf,
  shape,
  timestamp,
  wholeNumber,
} from '../../src/objects/rule.ts';
import type { Rule } from '../../src/objects/rule.ts';
import { bodySchema } from '../../src/objects/schemas.ts';

const noText = 'must be a string';
const noTime = 'must be a time as in RFC 3339, such as 2027-01-31T12:00:00Z';
const slug = role.members.slug.is;
const { rules } = role.members;
const jwks = identityProvider.members.localJwks.is;
const audiences = explainRequest.audience.is;
const one = 'must be a whole number from 1 to 9';
const rule = 'must be a rule such as {"resources": ["*"], "permissions": ["read"]}';
const resources = ['deployment'];
const permissions = ['read'];
const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, 'v']));

/** A rule, a value that it takes, and others with their faults, as `pointer: detail`. */
const cases: readonly [name: string, rule: Rule, taken: unknown, refused: readonly [unknown, ...string[]][]][] = [
  [
    'a text',
    line(2, 4),
    '漢字',
    [
      [7, `: ${noText}`],
      [null, `: ${noText}`],
      ['a', ': must have at least 2 characters'],
      ['\n', ': must have at least 2 characters', ': must not contain control characters or text direction marks'],
      ['abcde', ': must have at most 4 characters'],
    ],
  ],
  [
    'a text of a pattern',
    slug,
    'a-b',
    [['A', ': must consist of a-z, 0-9 and hyphens, and start and end with a letter or digit']],
  ],
  [
    'a choice',
    oneOf(['a', 'b']),
    'b',
    [
      ['c', ': must be one of a, b'],
      [['a'], ': must be one of a, b'],
    ],
  ],
  [
    'a number',
    wholeNumber(1, 9),
    9,
    [
      [0, `: ${one}`],
      [10, `: ${one}`],
      [1.5, `: ${one}`],
      ['1', `: ${one}`],
      [1e300, `: ${one}`],
    ],
  ],
  ['a number without an end', wholeNumber(1), 2 ** 40, [[0, ': must be a whole number of at least 1']]],
  [
    'a flag',
    flag,
    false,
    [
      ['false', ': must be true or false'],
      [0, ': must be true or false'],
    ],
  ],
  [
    'a time',
    timestamp,
    '2027-01-31T12:00:00Z',
    [
      ['2027-02-30T12:00:00Z', `: ${noTime}`],
      [1_800_000_000, `: ${noText}`],
    ],
  ],
  [
    'an identifier',
    identifier('sa'),
    'sa_01h455vb4pex5vsknk084sn02q',
    [
      ['fid_01h455vb4pex5vsknk084sn02q', ': must be an identifier that starts with sa_'],
      [{}, `: ${noText}`],
    ],
  ],
  [
    'a map',
    map(line(0, 3)),
    { team: 'abc', constructor: '' },
    [
      [['a'], ': must be a map of strings to strings'],
      [{ a: 1, b: 'long!' }, `/a: ${noText}`, '/b: must have at most 3 characters'],
      [
        { '': 'v', 'a\nb': 1 },
        `/a\nb: ${noText}`,
        '/: the key must not be empty',
        '/a\nb: the key must not contain control characters or text direction marks',
      ],
      [many, ': must have at most 64 entries'],
    ],
  ],
  [
    'a list',
    list(line(1, 9), 2, { empty: 'must name one' }),
    ['a', 'b'],
    [
      ['a', ': must be a list'],
      [{ length: 1 }, ': must be a list'],
      [[], ': must name one'],
      [['a', 1, ''], `/1: ${noText}`, '/2: must not be empty', ': must have at most 2 entries'],
    ],
  ],
  [
    'an object that other code judges',
    federatedIdentity.members.conditions.is,
    {},
    [[[], ': must be a map of claims to matchers']],
  ],
  [
    'an object that may have further members',
    jwks,
    { keys: [{ kty: 'EC' }], more: 1 },
    [
      [[], ': must be an object such as {"keys": [...]}'],
      [{}, '/keys: must be a list of JSON Web Keys'],
      [{ keys: [{}, 'k'] }, '/keys/1: must be a JSON Web Key'],
    ],
  ],
  [
    'an object',
    shape({ a: nullable(flag) }),
    { a: null },
    [
      ['a', ': must be an object'],
      [{ a: 1 }, '/a: must be true or false'],
    ],
  ],
  [
    'one or many',
    audiences,
    ['https://a.example', 'b'],
    [
      [1, ': must be an audience or a list of audiences'],
      ['', ': must not be empty'],
      [['a', ''], '/1: must not be empty'],
      [['a', 1], `/1: ${noText}`],
    ],
  ],
  [
    'an object of another kind',
    rules.is,
    [{ resources, permissions, note: null }],
    [
      [['rule'], `/0: ${rule}`],
      [[{ resources, permissions, more: 1 }], `/0: ${rule}`],
      [[{ resources }], '/0/permissions: is required'],
      [[{ resources: null, permissions }], '/0/resources: must be a list'],
      [
        [{ resources, permissions: ['write'] }],
        '/0/permissions/0: must be one of create, read, update, delete, list, *',
      ],
    ],
  ],
];

describe.each(cases)('%s', (_, of, taken, refused) => {
  it(`takes ${JSON.stringify(taken)}`, () => {
    expect(faultsOf(of, taken)).toEqual([]);
    // Clients see the rule as a schema, which another library reads here.
    const schema = bodySchema({ members: { value: { is: of } } }, false);
    expect(fromJSONSchema(JSON.parse(JSON.stringify(schema))).safeParse({ value: taken }).error).toBeUndefined();
  });

  it.each(refused)('says of %j what is wrong', (value, ...faults) => {
    expect(
      faultsOf(of, value).map(({ path, detail }) => `${path.map((part) => `/${part}`).join('')}: ${detail}`),
    ).toEqual(faults);
  });
});

it('takes no value of a member that is always null', () => {
  expect(faultsOf({ kind: 'nothing', must: 'must be null' }, 'a')).toEqual([{ path: [], detail: 'must be null' }]);
});

it('sets what is left out inside a value to its default, null included (contract §5.4)', () => {
  expect(withDefaults(rules.is, [{ resources, permissions, note: null }])).toEqual([
    { resources, permissions, resourceIdentities: [], note: '' },
  ]);
  expect(withDefaults(jwks, { keys: [], more: 1 })).toEqual({ keys: [], more: 1 });
});
