// Reading a body by a contract: what a creation and an update may say (contract §5).

import { describe, expect, it } from 'vitest';

import { federatedIdentityContract } from '../../../src/objects/federated-identity.ts';
import { identityProviderContract } from '../../../src/objects/identity-provider.ts';
import type { ObjectContract } from '../../../src/objects/object.ts';
import { serviceAccountContract } from '../../../src/objects/service-account.ts';
import type { JsonObject } from '../../../src/token/json.ts';
import { readMembers, sameJson } from '../../../src/http/iam/members.ts';

/** A contract whose members are read by name, whatever it writes. */
function readable<T extends object>(name: string, contract: ObjectContract<T>) {
  return {
    name,
    members: Object.keys(contract.members),
    required: contract.required as readonly string[],
    nullIsAbsent: contract.nullIsAbsent as readonly string[],
    nullClears: contract.nullClears as readonly string[],
    readOnly: contract.readOnly,
    read: (body: JsonObject, current: JsonObject | null) => readMembers(contract, body, current),
  };
}

describe.each([
  readable('service account', serviceAccountContract),
  readable('identity provider', identityProviderContract),
  readable('federated identity', federatedIdentityContract),
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
