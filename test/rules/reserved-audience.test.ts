// What an organisation's entries reserve of the token audiences: contract §4.

import { describe, expect, it } from 'vitest';

import { covers, distinctReservations, parseReservation, reservationFault } from '../../src/rules/reserved-audience.ts';

const ISSUER_URL = 'https://cambist.test';

describe('an entry', () => {
  it.each([
    ['https://api.acme.example', 'https://api.acme.example', true],
    ['https://api.acme.example', 'https://api.acme.example/', false],
    ['https://api.acme.example', 'https://api.acme.example.evil.example', false],
    ['https://api.acme.example*', 'https://api.acme.example', true],
    ['https://api.acme.example*', 'https://api.acme.example/v1', true],
    ['https://api.acme.example/*', 'https://api.acme.example', false],
    ['https://api.acme.example*', 'https://API.acme.example', false],
    ['api://', 'api://acme', false],
  ])('%s reserves %s: %s (contract §4)', (entry, audience, reserved) => {
    expect(covers(parseReservation(entry), audience)).toBe(reserved);
  });

  it.each(['https://*.acme.example', 'a**', '*a*', ISSUER_URL, `${ISSUER_URL}*`, 'https://*', '*'])(
    'cannot be %s (contract §4)',
    (entry) => {
      expect(reservationFault(entry, ISSUER_URL)).not.toBeNull();
    },
  );

  it.each(['sts.amazonaws.com', 'https://api.acme.example*', `${ISSUER_URL}/api`, `${ISSUER_URL}.example*`, 'h'])(
    'can be %s (contract §4)',
    (entry) => {
      expect(reservationFault(entry, ISSUER_URL)).toBeNull();
    },
  );
});

describe('entries that another covers', () => {
  it.each([
    [['a', 'a'], ['a']],
    [['a', 'a*'], ['a*']],
    [['a*', 'ab', 'ab*', 'abc'], ['a*']],
    [
      ['ab', 'a'],
      ['ab', 'a'],
    ],
    [
      ['ab*', 'a', 'ac'],
      ['ab*', 'a', 'ac'],
    ],
  ])('are left out: %j are %j', (entries, distinct) => {
    expect(distinctReservations(entries).map(({ audience, isPrefix }) => `${audience}${isPrefix ? '*' : ''}`)).toEqual(
      distinct,
    );
  });
});
