// Issuer strings: two that differ are never one, and no address that is not public is ever registered or fetched (contract §5.1, §6).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { lookupIssuer, trustDomainOf } from '../../src/token/issuer.ts';
import { discoveryUrl, fetchableUrlFault, issuerFault } from '../../src/token/issuer-address.ts';
import type { IssuerRules } from '../../src/token/issuer-address.ts';
import { decodeToken } from '../../src/token/decode.ts';
import { createExchange, localProvider, realVerifier } from '../support/exchange.ts';
import { identityOf } from '../support/objects.ts';
import { createKey, encodeSegment, signSegments } from '../support/issuer.ts';
import { holds } from '../support/runs.ts';

const NOW = 1_789_000_000;
const OWN = 'https://cambist.example.com';
const RULES: IssuerRules = { allowLoopback: false, ownOrigins: [OWN], localJwks: false, preset: 'generic' };

/** Mostly what a URL usually has there, and sometimes what is meant to confuse. */
function rarely(usual: readonly string[], ...odd: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...usual) },
    { weight: 1, arbitrary: fc.constantFrom(...odd) },
  );
}

const LABELS = ['issuer', 'example', 'com', 'Issuer', 'xn--bcher-kva', 'a1', 'cambist', 'home', 'cluster'];
const ODD_LABELS = [
  'localhost',
  'local',
  'internal',
  'svc',
  'arpa',
  'lan',
  'bücher',
  '１２７',
  'a_b',
  '-a',
  'a%2eb',
  '。',
  '',
];
const NUMBERS = ['127', '0', '1', '169', '254', '0x7f', '0x', '2130706433', '[::1]', '[fe80::1]', '010'];

/** The whole is put together without a parser. */
const url = fc
  .tuple(
    rarely(['https'], 'http', 'HTTPS', 'ftp', ''),
    rarely(['://'], ':/', ':', ':///', '://user@', '://@', ':\\\\'),
    fc
      .array(rarely(LABELS, ...ODD_LABELS, ...NUMBERS), { minLength: 1, maxLength: 4 })
      .map((labels) => labels.join('.')),
    rarely(['', '', ':443', ':8443'], ':0', ':', ':99999', ':x', '.', '\u00ad', '\t'),
    rarely(['', '/', '/a', '/a/'], '//', '/./', '/../b', '/%2e%2e/', '/a b', '/é', '/a%20b', '\\a', '/;a'),
    rarely([''], '?', '?a=b', '#', '#a', '\n', ' '),
  )
  .map((parts) => parts.join(''));

const LOCAL = /(?:^|\.)(?:localhost|local|internal|lan|home\.arpa|localdomain|svc|cluster\.local)$/;

describe('an issuer or address that may be used', () => {
  it('is always a public https host as the URL parser reads it, and never this deployment (contract §5.1, §6)', async () => {
    let accepted = 0;
    await holds(
      fc.property(url, (text) => {
        const asIssuer = issuerFault(text, RULES) === null;
        const fetched = fetchableUrlFault(text, RULES) === null;
        // What may be an issuer has no query and so may be fetched too.
        if (asIssuer) expect(fetched).toBe(true);
        if (!fetched) return;
        accepted += 1;
        const parsed = new URL(text);
        const labels = parsed.hostname.split('.');
        expect(parsed.protocol).toBe('https:');
        expect(`${parsed.username}${parsed.password}${parsed.hash}`).toBe('');
        expect(labels.length).toBeGreaterThan(1);
        expect(parsed.hostname).toMatch(/^[a-z0-9.-]+$/);
        expect(labels.at(-1)).not.toMatch(/^(?:\d+|0x[0-9a-f]*)$/);
        expect(parsed.hostname).not.toMatch(LOCAL);
        expect(parsed.hostname).not.toBe(new URL(OWN).hostname);
        // The text is what is fetched, but for the case of its host, its default port and the slash of an empty path.
        const [, authority = '', path = ''] = /^https:\/\/([^/?#]*)(.*)$/s.exec(text) ?? [];
        expect(`${authority.toLowerCase().replace(/:443$/, '')}${path.startsWith('/') ? '' : '/'}${path}`).toBe(
          `${parsed.host}${parsed.pathname}${parsed.search}${text.endsWith('?') ? '?' : ''}`,
        );
        if (asIssuer) expect(parsed.search).toBe('');
      }),
      { usually: 2_000 },
    );
    expect(accepted).toBeGreaterThan(20);
  });

  it('shares its discovery document with no other issuer but its twin with a trailing slash (Discovery 1.0 §4.1)', async () => {
    await holds(
      fc.property(url, url, (one, other) => {
        if (one === other || discoveryUrl(one) !== discoveryUrl(other)) return;
        expect([`${one}/`, one.slice(0, -1)]).toContain(other);
      }),
    );
  });
});

/** Spellings that a URL parser, a browser or a careless comparison would take for the same. */
const respelled = fc.constantFrom<(issuer: string) => string>(
  (issuer) => issuer,
  (issuer) => `${issuer}/`,
  (issuer) => issuer.replace(/\/$/, ''),
  (issuer) => issuer.toUpperCase(),
  (issuer) => issuer.replace('issuer', 'Issuer'),
  (issuer) => issuer.replace('https', 'http'),
  (issuer) => issuer.replace('.com', '.com:443'),
  (issuer) => issuer.replace('.com', '.com.'),
  (issuer) => issuer.replace('.com', '.com/.'),
  (issuer) => issuer.replace('tenant', '%74enant'),
  (issuer) => issuer.replace('tenant', 'tenant/../tenant'),
  (issuer) => issuer.replace('issuer', 'is\u00adsuer'),
  (issuer) => issuer.replace('issuer', 'ıssuer'),
  (issuer) => issuer.normalize('NFD'),
  (issuer) => `${issuer}?`,
  (issuer) => `${issuer}#`,
  (issuer) => ` ${issuer}`,
  (issuer) => `${issuer}\n`,
  (issuer) => `${issuer}\0`,
);
const issuer = fc
  .tuple(
    fc.constantFrom('https://issuer.example.com', 'https://issuer.example.com/tenant', 'https://issuer.example.com/é'),
    respelled,
  )
  .map(([plain, respell]) => respell(plain));

describe('the issuer of a token', () => {
  it('is its iss as it stands, or none (contract §3)', async () => {
    await holds(
      fc.property(fc.oneof(issuer, fc.string(), fc.jsonValue({ maxDepth: 1 })), (iss) => {
        const found = lookupIssuer({ iss, sub: 'spiffe://example.org/a' } as Parameters<typeof lookupIssuer>[0]);
        const isIssuer = typeof iss === 'string' && iss !== '';
        expect(found.ok ? found.value : null).toBe(isIssuer ? iss : null);
      }),
    );
  });

  it('is never taken for another one, whatever would make them alike: not in the look-up, not in verification (contract §3)', async () => {
    const key = await createKey('EdDSA', 'key-1');
    const seen = { granted: 0, refused: 0 };
    const pair = fc.oneof(
      fc.tuple(issuer, issuer),
      issuer.map((same) => [same, same] as const),
    );
    await holds(
      fc.asyncProperty(pair, async ([registered, iss]) => {
        const provider = localProvider(registered, [key.publicJwk], { allowedAlgorithms: ['EdDSA'] });
        const claims = { iss, sub: 'workload', aud: 'https://cambist.test', iat: NOW, exp: NOW + 300 };
        const token = await signSegments({ alg: 'EdDSA', kid: 'key-1' }, claims, key);
        const { present } = createExchange({ provider, identities: [identityOf()] });
        const exchanged = await present(token, { now: NOW });
        seen[exchanged.ok ? 'granted' : 'refused'] += 1;
        expect(exchanged.ok ? 'granted' : exchanged.error.reason).toBe(
          iss === registered ? 'granted' : 'issuer_not_registered',
        );
        // Even where the look-up gave the wrong provider.
        const decoded = decodeToken(token);
        const verified = decoded.ok && (await realVerifier(fetch)(decoded.value, provider, NOW));
        expect(verified !== false && verified.ok).toBe(iss === registered);
      }),
    );
    expect(Math.min(seen.granted, seen.refused)).toBeGreaterThan(5);
  });

  it('without an iss is the trust domain of a SPIFFE ID, whole and in lower case, or none (contract §5.1)', async () => {
    const domain = fc.string({
      unit: fc.constantFrom('a', 'z', '0', '.', '-', '_', 'A', '/', ':', '@', '%', '?', 'é', '\n'),
      maxLength: 8,
    });
    await holds(
      fc.property(
        fc.constantFrom('spiffe://', 'spiffe:/', 'SPIFFE://', 'https://', ''),
        domain,
        fc.constantFrom('', '/', '/ns/a', '?x', '\n'),
        (scheme, name, path) => {
          const found = trustDomainOf(`${scheme}${name}${path}`);
          if (found === null) return;
          expect(found).toMatch(/^spiffe:\/\/[a-z0-9._-]+$/);
          const rest = `${scheme}${name}${path}`.slice(found.length);
          expect(rest === '' || rest.startsWith('/')).toBe(true);
          expect(`${scheme}${name}${path}`.startsWith(found)).toBe(true);
        },
      ),
    );
  });
});

describe('a token that is only decoded', () => {
  it('names the issuer that any other reader of the same bytes would see (RFC 7519 §4)', async () => {
    await holds(
      fc.property(fc.jsonValue({ maxDepth: 1 }), (iss) => {
        const payload = JSON.stringify({ iss });
        const decoded = decodeToken(`${encodeSegment({ alg: 'ES256', kid: 'k' })}.${encodeSegment(payload)}.AAAA`);
        if (!decoded.ok || /\d{16}|[eE]/.test(payload)) return;
        expect(decoded.value.claims).toEqual(JSON.parse(payload));
      }),
    );
  });
});
