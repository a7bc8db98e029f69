// Reading a body by a contract: what a creation and an update may say (contract §5).

import { describe, expect, it } from 'vitest';

import { isWritable } from '../../../src/objects/definition.ts';
import type { ObjectDefinition } from '../../../src/objects/definition.ts';
import { federatedIdentity } from '../../../src/objects/federated-identity.ts';
import { identityProvider } from '../../../src/objects/identity-provider.ts';
import { serviceAccount } from '../../../src/objects/service-account.ts';
import type { JsonObject } from '../../../src/token/json.ts';
import { readMembers, sameJson } from '../../../src/http/iam/members.ts';

/** A definition whose members are read by name, whatever it writes; `readOnly` is what its answers have beside. */
function readable(object: ObjectDefinition, readOnly: readonly string[]) {
  const members = Object.entries(object.members).filter(([, member]) => isWritable(member));
  const namesOf = (is: (member: (typeof members)[number][1]) => boolean): string[] =>
    members.flatMap(([name, member]) => (is(member) ? [name] : []));
  return {
    name: object.noun,
    members: namesOf(() => true),
    required: namesOf(({ required }) => required === true),
    nullIsAbsent: namesOf((member) => member.null === 'absent'),
    nullClears: namesOf((member) => member.null === 'clears'),
    readOnly: ['identity', 'createdAt', 'updatedAt', 'objectVersion', ...readOnly],
    read: (body: JsonObject, current: JsonObject | null) => readMembers(object, body, current),
  };
}

describe.each([
  readable(serviceAccount, ['roleBindings']),
  readable(identityProvider, ['keys', 'lastFetchedAt', 'lastFetchError']),
  readable(federatedIdentity, ['serviceAccount', 'provider', 'lastUsedAt', 'warnings']),
])('$name', (contract) => {
  it('accepts null as absent for what Go clients send so, and for nothing else (contract §5)', () => {
    const accepted = [
      'annotations',
      'labels',
      'description',
      'expiresAt',
      'conditions',
      'localJwks',
      'providerJwksUri',
    ];
    // What an unmodified Go client also leaves null, and what can be cleared.
    const further = ['trustedAudiences', 'allowedScopes', 'expression'];
    for (const member of contract.members) {
      const { faults, values } = contract.read({ [member]: null }, null);
      const own = faults.filter(({ pointer, detail }) => pointer === `/${member}` && detail === 'must not be null');
      expect(own.length === 0, member).toBe([...accepted, ...further].includes(member));
      expect(values).toEqual({});
    }
  });

  it('clears with null in an update only what can be cleared (contract §5)', () => {
    const current = {};
    for (const member of contract.nullClears) {
      expect(contract.read({ [member]: null }, current)).toMatchObject({
        faults: [],
        values: { [member]: null },
      });
    }
    for (const member of contract.nullIsAbsent) {
      expect(contract.read({ [member]: null }, current)).toMatchObject({ faults: [], values: {} });
    }
  });

  it('makes anew with null in an update what the service makes of other members (contract §5)', () => {
    const made = { slug: 'given', preset: 'generic', tokenLifetime: 60, name: 'acme app', maxTokenLifetime: 600 };
    const current = { ...made, providerIssuer: 'https://gitlab.com' };
    const anew: JsonObject = { slug: 'acme-app', preset: 'gitlab', tokenLifetime: 600 };
    for (const member of contract.members.filter((name) => Object.hasOwn(anew, name))) {
      expect(contract.read({ [member]: null }, current)).toMatchObject({
        faults: [],
        values: { [member]: anew[member] },
      });
      expect(contract.read({ [member]: null }, null).faults).toContainEqual({
        pointer: `/${member}`,
        detail: 'must not be null',
      });
    }
  });

  it('asks for what is required when creating, and for nothing in an update (contract §5)', () => {
    const missing = contract.read({}, null).faults.map(({ pointer }) => pointer);
    expect(missing).toEqual(contract.required.map((member) => `/${member}`));
    expect(contract.read({}, {}).faults).toEqual([]);
  });

  it('refuses read-only members when creating, and takes them unchanged in an update (contract §5)', () => {
    for (const member of contract.readOnly) {
      const creating = contract.read({ [member]: 'x' }, null).faults;
      expect(creating).toContainEqual({ pointer: `/${member}`, detail: 'is read-only' });
      expect(contract.read({ [member]: 'x' }, { [member]: 'x' }).faults).toEqual([]);
      expect(contract.read({ [member]: 'x' }, { [member]: 'y' }).faults).toHaveLength(1);
    }
  });

  it.each(['toString', 'constructor', 'hasOwnProperty', 'Name'])(
    'does not know a member %s (contract §5)',
    (member) => {
      const { faults } = contract.read({ [member]: 'x' }, {});
      expect(faults).toEqual([{ pointer: `/${member}`, detail: expect.stringContaining('is not a member') }]);
    },
  );
});

describe('sameJson', () => {
  it('compares values, not the order of members', () => {
    expect(sameJson({ a: [1, { b: null }], c: 'x' }, { c: 'x', a: [1, { b: null }] })).toBe(true);
    for (const [left, right] of [
      [
        [1, 2],
        [2, 1],
      ],
      [{ a: 1 }, { a: 1, b: 1 }],
      [{ a: undefined }, { b: undefined }],
      [null, {}],
      [[], {}],
      ['1', 1],
    ]) {
      expect(sameJson(left, right)).toBe(false);
    }
  });
});
