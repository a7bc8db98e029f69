// Token requests: whatever is accepted is what a plain reading of the encodings gives, and nothing repeated or mistyped is (contract §3).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { encodingOf, parseTokenParameters } from '../../src/http/token-parameters.ts';
import type { TokenParameters } from '../../src/http/token-parameters.ts';
import { readTokenRequest, TOKEN_EXCHANGE_GRANT } from '../../src/http/token-request.ts';
import { holds } from '../support/runs.ts';
import { naiveJson } from './naive-json.ts';
import { jsonText } from './json-text.ts';

const MAX_DEPTH = 32;
type Pairs = readonly (readonly [string, string])[];

/** application/x-www-form-urlencoded as the URL standard §5.1 reads it, byte by byte; null where it would have to guess. */
function naiveForm(bytes: Uint8Array): Pairs | null {
  const sequences: readonly string[] = Buffer.from(bytes).toString('latin1').split('&');
  if (sequences.some((sequence) => /%(?![\da-fA-F]{2})/.test(sequence))) return null;
  const decode = (text: string): string | null => {
    const plain = text
      .replaceAll('+', ' ')
      .replaceAll(/%([\da-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    const read = Buffer.from(plain, 'latin1').toString('utf8');
    return Buffer.from(read, 'utf8').toString('latin1') === plain ? read : null;
  };
  const pairs = sequences
    .filter((sequence) => sequence !== '')
    .map((sequence) => {
      const equals = sequence.indexOf('=');
      const cut = equals === -1 ? sequence.length : equals;
      return [decode(sequence.slice(0, cut)), decode(sequence.slice(cut + 1))] as [string | null, string | null];
    });
  return pairs.every((pair): pair is [string, string] => !pair.includes(null)) ? pairs : null;
}

function isRepeated(pairs: Pairs): boolean {
  const single = pairs.map(([name]) => name).filter((name) => name !== 'audience' && name !== 'resource');
  return new Set(single).size < single.length;
}

function expectParameters(parameters: TokenParameters, pairs: Pairs): void {
  for (const name of [...new Set(pairs.map(([one]) => one)), 'absent', '__proto__']) {
    const values = pairs.filter(([one, value]) => one === name && value !== '').map(([, value]) => value);
    expect(parameters.get(name)).toBe(values[0] ?? null);
    expect(parameters.all(name as 'audience')).toEqual(values);
  }
}

const NAMES = ['grant_type', 'scope', 'audience', 'resource', 'client_id', 'a', '', '__proto__', 'é'];
const written = fc.oneof(
  fc.constantFrom(...NAMES),
  fc.constantFrom('?', '%61', '%c3%a9', '%C3%A9', 'scop%65', 'a+b', '%26', '%3d', '%00', 'a\nb', 'é', '😀'),
);
const broken = fc.constantFrom('%', '%zz', '%2', '%ff', '%ed%a0%80', '%c3', '\ufffd', '%ef%bf%bd');
const form = fc
  .array(
    fc.tuple(
      written,
      fc.constantFrom('=', '=', '=', '==', ''),
      fc.oneof({ weight: 30, arbitrary: written }, broken),
      fc.constantFrom('&', '&', '&&', ';', ''),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.map((part) => part.join('')).join(''));

describe('a form body', () => {
  it('is read as the URL standard reads it, or refused where a parameter is repeated (RFC 6749 §3.2, contract §3)', async () => {
    const seen = { accepted: 0, refused: 0 };
    await holds(
      fc.property(form, (body) => {
        const bytes = new TextEncoder().encode(body);
        const pairs = naiveForm(bytes);
        const parsed = parseTokenParameters(bytes, 'form');
        seen[parsed.ok ? 'accepted' : 'refused'] += 1;
        expect(parsed.ok).toBe(pairs !== null && !isRepeated(pairs));
        if (parsed.ok) expectParameters(parsed.value, pairs ?? []);
      }),
      { usually: 1_000 },
    );
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(20);
  });

  it('that is not UTF-8 is refused and never read with replacement characters (RFC 6749 appendix B)', async () => {
    await holds(
      fc.property(fc.uint8Array({ maxLength: 12 }), (tail) => {
        const bytes = new Uint8Array([...new TextEncoder().encode('a='), ...tail]);
        const isUtf8 = Buffer.from(Buffer.from(bytes).toString('utf8'), 'utf8').equals(bytes);
        const escaped = Array.from(tail, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
        const encoded = new TextEncoder().encode(`a=${escaped}`);
        expect(parseTokenParameters(encoded, 'form').ok).toBe(isUtf8);
        expect(isUtf8 || !parseTokenParameters(bytes, 'form').ok).toBe(true);
      }),
    );
  });
});

describe('a JSON body', () => {
  it('has strings alone, and lists only where a parameter may repeat (contract §3)', async () => {
    const member = fc.tuple(
      fc.constantFrom(...NAMES, 'access_token_lifetime'),
      fc.oneof(
        fc.constantFrom<unknown>(
          'x',
          '',
          'é',
          600,
          -1,
          1.5,
          2 ** 53,
          true,
          null,
          [],
          ['x', 'y'],
          ['x', ''],
          ['x', 1],
          [['x']],
          {},
        ),
        fc.jsonValue({ maxDepth: 1 }),
      ),
    );
    await holds(
      fc.property(fc.array(member, { maxLength: 4 }), fc.option(jsonText, { freq: 8 }), (members, whole) => {
        const text =
          whole ?? `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
        const parsed = parseTokenParameters(new TextEncoder().encode(text), 'json');
        const read = naiveJson(text, MAX_DEPTH, true)?.value;
        const isObject = typeof read === 'object' && read !== null && !Array.isArray(read);
        const pairs: (readonly [string, string])[] = [];
        let isAccepted = isObject;
        for (const [name, value] of isObject ? Object.entries(read) : []) {
          const isList = (name === 'audience' || name === 'resource') && Array.isArray(value);
          const values: readonly unknown[] = isList ? (value as readonly unknown[]) : [value];
          for (const one of values) {
            const isSeconds = name === 'access_token_lifetime' && Number.isSafeInteger(one);
            if (typeof one === 'string' || isSeconds) pairs.push([name, String(one)]);
            else isAccepted = false;
          }
        }
        expect(parsed.ok).toBe(isAccepted);
        if (parsed.ok) expectParameters(parsed.value, pairs);
      }),
      { usually: 1_000 },
    );
  });
});

describe('a content type', () => {
  it('is one of the two, in UTF-8 if it says so, or none (contract §3)', async () => {
    const type = fc.constantFrom(
      'application/json',
      'application/x-www-form-urlencoded',
      'Application/JSON',
      'text/plain',
      'application/jsonx',
      'application/json, text/plain',
      '',
      'multipart/form-data',
    );
    const option = fc.constantFrom(
      '',
      ' ',
      ';',
      '; charset=utf-8',
      ';CHARSET="UTF-8"',
      '; charset=utf8',
      '; charset=latin1',
      '; charset=utf-16',
      '; charset=',
      '; boundary=x',
      ';charset=utf-8;charset=utf-7',
    );
    await holds(
      fc.property(type, fc.array(option, { maxLength: 2 }), (named, options) => {
        const header = named + options.join('');
        const encoding = encodingOf(header);
        const [essence = '', ...rest] = header.split(';').map((part) => part.trim().toLowerCase());
        const known = { 'application/json': 'json', 'application/x-www-form-urlencoded': 'form' }[essence] ?? null;
        const charsets = rest
          .filter((part) => part.startsWith('charset='))
          .map((part) => part.slice('charset='.length).replaceAll('"', ''));
        const isUtf8 = charsets.every((charset) => ['utf-8', 'utf8'].includes(charset));
        expect(encoding).toBe(isUtf8 ? known : null);
      }),
    );
  });
});

describe('a token-exchange request', () => {
  it('asks for exactly what its parameters say, each of them once (RFC 8693 §2.1, contract §3)', async () => {
    const TYPE = 'urn:ietf:params:oauth:token-type:';
    const choice = (...values: (string | null)[]): fc.Arbitrary<string | null> => fc.constantFrom(...values);
    const parameters = fc.record({
      scope: choice(null, null, 'a', 'a b', 'b a b', 'a  b', '"', 'é'),
      requested_token_type: choice(null, `${TYPE}access_token`, `${TYPE}jwt`, `${TYPE}id_token`, `${TYPE}saml2`, 'jwt'),
      subject_token_type: choice(`${TYPE}id_token`, `${TYPE}id_token`, `${TYPE}jwt`, `${TYPE}access_token`, null),
      access_token_lifetime: choice(null, null, '60', '59', '1h', '1e3', '-60', '99999999999'),
      service_account_id: choice(null, 'sa_1', 'one'),
      client_id: choice(null, null, 'sa_1', 'sa_2'),
      organisation_id: choice(null, 'default'),
      project_id: choice(null, null, 'p1', 'p 1', 'é'),
      actor_token: choice(null, null, null, null, null, 'x'),
      subject_token: choice('token', 'token', 'token', null),
    });
    const audiences = fc.array(fc.constantFrom('x', 'y', 'https://z'), { maxLength: 3 });
    const resources = fc.array(fc.constantFrom('https://y', 'https://z', 'https://z', 'urn:z', 'https://z/#a', 'z'), {
      maxLength: 2,
    });
    let accepted = 0;
    await holds(
      fc.property(
        parameters,
        audiences,
        resources,
        fc.constantFrom(null, null, null, 'Basic Og=='),
        (given, audience, resource, authorization) => {
          const pairs = Object.entries({ grant_type: TOKEN_EXCHANGE_GRANT, ...given }).filter(
            (pair): pair is [string, string] => pair[1] !== null,
          );
          const body = new URLSearchParams([
            ...pairs,
            ...audience.map((one) => ['audience', one]),
            ...resource.map((one) => ['resource', one]),
          ]);
          const parsed = parseTokenParameters(new TextEncoder().encode(body.toString()), 'form');
          if (!parsed.ok) throw new Error(parsed.error);
          const read = readTokenRequest(parsed.value, authorization, { requestId: 'r', ip: null, now: 0 });
          const lifetimes: Record<string, number> = { '60': 60, '1h': 3_600, '99999999999': 99_999_999_999 };
          const scopes: Record<string, readonly string[]> = { a: ['a'], 'a b': ['a', 'b'], 'b a b': ['b', 'a'] };
          const all = [...new Set([...audience, ...resource])];
          const isIdToken = given.requested_token_type === `${TYPE}id_token`;
          const isValid =
            given.actor_token === null &&
            authorization === null &&
            given.subject_token !== null &&
            [`${TYPE}id_token`, `${TYPE}jwt`].includes(given.subject_token_type ?? '') &&
            [null, `${TYPE}access_token`, `${TYPE}jwt`, `${TYPE}id_token`].includes(given.requested_token_type) &&
            (given.scope === null || given.scope in scopes) &&
            (given.access_token_lifetime === null || given.access_token_lifetime in lifetimes) &&
            [null, 'p1'].includes(given.project_id) &&
            resource.every((one) => !['z', 'https://z/#a'].includes(one)) &&
            (given.service_account_id === null ||
              given.client_id === null ||
              given.client_id === given.service_account_id) &&
            (!isIdToken || all.length > 0);
          expect(read.ok).toBe(isValid);
          if (!read.ok) return;
          accepted += 1;
          expect(read.value).toEqual({
            use: 'subject_token',
            client: null,
            exchange: {
              subjectToken: 'token',
              serviceAccount: given.service_account_id ?? given.client_id,
              organisation: given.organisation_id,
              federatedIdentity: null,
              scope: given.scope === null ? null : scopes[given.scope],
              audiences: all,
              tokenType: isIdToken ? 'id_token' : 'access_token',
              lifetimeSeconds: given.access_token_lifetime === null ? null : lifetimes[given.access_token_lifetime],
              project: given.project_id,
              requestId: 'r',
              ip: null,
              now: 0,
            },
          });
        },
      ),
      { usually: 1_000 },
    );
    expect(accepted).toBeGreaterThan(0);
  });
});
