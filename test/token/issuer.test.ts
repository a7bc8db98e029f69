// Issuer identifiers and addresses of keys: what may be registered and fetched, and everything that must never be.

import { describe, expect, it } from 'vitest';

import { lookupIssuer } from '../../src/token/issuer.ts';
import { discoveryUrl, fetchableUrlFault, issuerFault } from '../../src/token/issuer-address.ts';
import type { IssuerRules } from '../../src/token/issuer-address.ts';

const rules: IssuerRules = {
  allowLoopback: false,
  ownOrigins: ['https://cambist.example.com'],
  localJwks: false,
  preset: 'generic',
};

describe('issuerFault', () => {
  it.each([
    'https://token.actions.githubusercontent.com',
    'https://token.actions.githubusercontent.com/my-enterprise',
    'https://gitlab.com',
    'https://eastus.oic.prod-aks.azure.com/11111111-2222-3333-4444-555555555555/66666666-7777-8888-9999-000000000000/',
    'https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc',
    'https://jenkins.example.com/oidc/job/team-a',
    'https://Jenkins.Example.com:8443/oidc',
    'https://container.googleapis.com/v1/projects/p/locations/eu/clusters/c',
    'https://xn--bcher-kva.example',
    'https://0123.example.com',
    'https://a.1password.com',
  ])('accepts %s (contract §5.1)', (issuer) => {
    expect(issuerFault(issuer, rules)).toBeNull();
  });

  it.each([
    ['http', 'http://issuer.example.com'],
    ['another scheme', 'ftp://issuer.example.com'],
    ['no scheme', 'issuer.example.com'],
    ['a scheme in capitals', 'HTTPS://issuer.example.com'],
    ['one slash', 'https:/issuer.example.com'],
    ['no slashes', 'https:issuer.example.com'],
    ['three slashes', 'https:///issuer.example.com'],
    ['data', 'data:application/json,{}'],
    ['nothing', ''],
    ['a user', 'https://user@issuer.example.com'],
    ['a user and password', 'https://user:pw@issuer.example.com'],
    ['an empty user', 'https://@issuer.example.com'],
    ['a query', 'https://issuer.example.com/?a=b'],
    ['an empty query', 'https://issuer.example.com?'],
    ['a fragment', 'https://issuer.example.com/#a'],
    ['an empty fragment', 'https://issuer.example.com#'],
    ['a space', 'https://issuer.example.com/a b'],
    ['a tab inside', 'https://issuer.exa\tmple.com'],
    ['a line break at its end', 'https://issuer.example.com\n'],
    ['a backslash', 'https://issuer.example.com\\@evil.example'],
    ['a backslash in the path', 'https://issuer.example.com/a\\b'],
    ['dot segments', 'https://issuer.example.com/a/../b'],
    ['encoded dot segments', 'https://issuer.example.com/a/%2e%2e/b'],
    ['an IPv4 address', 'https://169.254.169.254'],
    ['an IPv4 address with a trailing dot', 'https://169.254.169.254.'],
    ['a decimal address', 'https://2852039166'],
    ['a hex address', 'https://0xa9fea9fe'],
    ['an octal address', 'https://0251.0376.0251.0376'],
    ['a mixed address', 'https://0xa9.254.43518'],
    ['a short address', 'https://127.1'],
    ['a short hex address', 'https://127.0x1'],
    ['zero', 'https://0'],
    ['an encoded address', 'https://%31%32%37.0.0.1'],
    ['a full-width address', 'https://１２７.0.0.1'],
    ['IPv6', 'https://[::1]'],
    ['IPv6 with a zone', 'https://[fe80::1%25eth0]'],
    ['IPv4 in IPv6', 'https://[::ffff:169.254.169.254]'],
    ['a number as the top level', 'https://example.123'],
    ['localhost', 'https://localhost'],
    ['localhost in capitals', 'https://LocalHost'],
    ['localhost with a trailing dot', 'https://localhost.'],
    ['below localhost', 'https://a.localhost'],
    ['no dot', 'https://metadata'],
    ['.local', 'https://printer.local'],
    ['.internal', 'https://metadata.google.internal'],
    ['.internal with a trailing dot', 'https://metadata.google.INTERNAL.'],
    ['.lan', 'https://nas.lan'],
    ['.home.arpa', 'https://nas.home.arpa'],
    ['home.arpa itself', 'https://home.arpa'],
    ['.localdomain', 'https://nas.localdomain'],
    ['.svc', 'https://kubernetes.default.svc'],
    ['.cluster.local', 'https://kubernetes.default.svc.cluster.local'],
    ['a public name with a trailing dot', 'https://issuer.example.com.'],
    ['an empty label', 'https://issuer..example.com'],
    ['a label with an underscore', 'https://a_b.example.com'],
    ['a name that is not ASCII', 'https://bücher.example'],
    ['a full-width dot', 'https://issuer．example.com'],
    ['an empty port', 'https://issuer.example.com:'],
    ['a port that is none', 'https://issuer.example.com:99999'],
    ['a second port', 'https://issuer.example.com:1:2'],
    ['this deployment', 'https://cambist.example.com'],
    ['this deployment with a path', 'https://cambist.example.com/oidc'],
    ['this deployment in capitals', 'https://CAMBIST.example.com'],
    ['this deployment with its port', 'https://cambist.example.com:443/'],
    ['this deployment on another port', 'https://cambist.example.com:8443'],
    ['over 512 characters', `https://issuer.example.com/${'a'.repeat(500)}`],
    ['a SPIFFE trust domain without its preset', 'spiffe://example.org'],
  ])('refuses %s (contract §5.1)', (_, issuer) => {
    expect(issuerFault(issuer, rules)).toBeTypeOf('string');
  });

  it('lets http through on exactly the loopback names where loopback is allowed (contract §0)', () => {
    const local = { ...rules, allowLoopback: true };
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      expect(issuerFault(`http://${host}:9000/oidc`, local)).toBeNull();
      expect(issuerFault(`http://${host}:9000/oidc`, rules)).toBeTypeOf('string');
    }
    const others = [
      'localhost.',
      'LOCALHOST',
      '127.1',
      '127.0.0.2',
      '[::ffff:127.0.0.1]',
      'a.localhost',
      '0',
      'example.com',
    ];
    for (const host of others) expect(issuerFault(`http://${host}:9000`, local)).toBeTypeOf('string');
    expect(issuerFault('https://169.254.169.254', local)).toBeTypeOf('string');
  });

  it('refuses this deployment on loopback under each of its names, and not its neighbours on other ports', () => {
    const local = { ...rules, allowLoopback: true, ownOrigins: ['http://localhost:8787'] };
    expect(issuerFault('http://127.0.0.1:8787', local)).toBeTypeOf('string');
    expect(issuerFault('http://[::1]:8787/x', local)).toBeTypeOf('string');
    expect(issuerFault('http://localhost:9000', local)).toBeNull();
  });

  describe('where keys are given by hand', () => {
    const byHand = { ...rules, localJwks: true };

    it.each([
      'https://kubernetes.default.svc.cluster.local',
      'https://kubernetes.default.svc',
      'kubernetes.default.svc',
      'kubernetes/serviceaccount',
      'api',
      'https://10.0.0.1',
      'https://192.168.49.2:8443',
      'https://[fd00::1]:6443',
      'http://keycloak.internal:8080/realms/x',
      'http://localhost:8080',
      'urn:example:issuer',
      'https://user@issuer.example.com/?a=b',
      'joe',
      'an issuer of two words',
    ])('accepts %s, as any StringOrURI (contract §5.1, RFC 7519 §2)', (issuer) => {
      expect(issuerFault(issuer, byHand)).toBeNull();
    });

    it.each([
      ['nothing', ''],
      ['an address with a port and no scheme', '192.168.49.2:8443'],
      ['a colon in what is no URI', 'a b:c'],
      ['a URI with a space', 'https://issuer.example.com/a b'],
      ['a URI with half an escape', 'https://issuer.example.com/%2'],
      ['white space at its end', 'api '],
      ['a line break', 'api\nother'],
      ['513 characters', 'a'.repeat(513)],
      ['this deployment', 'https://cambist.example.com'],
      ['this deployment with another scheme', 'http://cambist.example.com/'],
      ['this deployment in capitals', 'HTTPS://CAMBIST.EXAMPLE.COM'],
      ['a trust domain without the preset spiffe', 'spiffe://example.org'],
    ])('refuses %s (RFC 7519 §2)', (_, issuer) => {
      expect(issuerFault(issuer, byHand)).toBeTypeOf('string');
    });
  });

  it.each([
    ['https://auth.example.com/.well-known/openid-configuration', 'https://auth.example.com'],
    ['https://auth.example.com/realms/a/.well-known/openid-configuration', 'https://auth.example.com/realms/a'],
    ['https://auth.example.com/.well-known/openid-configuration/', 'https://auth.example.com'],
    ['https://auth.example.com/.well-known/openid-configuration?a=b', 'https://auth.example.com'],
    ['https://auth.example.com/.well-known/oauth-authorization-server/a', 'https://auth.example.com/a'],
    ['http://keycloak.internal/.well-known/openid-configuration', 'http://keycloak.internal'],
  ])('refuses %s, a discovery document, and names the issuer', (address, issuer) => {
    for (const localJwks of [false, true]) {
      expect(issuerFault(address, { ...rules, localJwks })).toContain(`discovery document: ${issuer}, or`);
    }
    expect(issuerFault(issuer, { ...rules, localJwks: true })).toBeNull();
  });

  it('accepts a SPIFFE trust domain with its preset, and an https issuer too (contract §5.1)', () => {
    const spiffe: IssuerRules = { ...rules, preset: 'spiffe' };
    expect(issuerFault('spiffe://example.org', spiffe)).toBeNull();
    expect(issuerFault('https://oidc.spire.example.org', spiffe)).toBeNull();
    for (const wrong of [
      'spiffe://',
      'spiffe://Example.org',
      'spiffe://example.org/',
      'spiffe://example.org/ns',
      'spiffe://a:1',
      'spiffe:a',
    ])
      expect(issuerFault(wrong, spiffe)).toBeTypeOf('string');
  });
});

describe('fetchableUrlFault', () => {
  it.each([
    ['https://issuer.example.com/keys', 'fetchable'],
    ['https://issuer.example.com/keys?tenant=a', 'fetchable'],
    ['https://issuer.example.com/keys#a', 'fragment'],
    ['https://localhost/keys', 'public host'],
    ['https://metadata.google.internal/keys', 'public host'],
    ['https://169.254.169.254/keys', 'IP address'],
    ['https://cambist.example.com/.well-known/jwks.json', 'this deployment'],
    ['http://issuer.example.com/keys', 'https'],
    ['https://a:b@issuer.example.com/keys', 'user name'],
    ['file:///etc/passwd', 'https'],
  ])('judges %s (contract §6)', (url, says) => {
    expect(fetchableUrlFault(url, rules) ?? 'fetchable').toContain(says);
  });
});

describe('discoveryUrl', () => {
  it('drops one slash at the end (OpenID Connect Discovery 1.0 §4.1)', () => {
    expect(discoveryUrl('https://a.example/x/')).toBe('https://a.example/x/.well-known/openid-configuration');
    expect(discoveryUrl('https://a.example')).toBe('https://a.example/.well-known/openid-configuration');
  });
});

describe('lookupIssuer', () => {
  it('answers iss byte for byte (contract §3 step 2)', () => {
    for (const iss of ['https://a.example', 'https://A.example/', ' https://a.example'])
      expect(lookupIssuer({ iss })).toEqual({ ok: true, value: iss });
  });

  it('answers the trust domain of a JWT-SVID that has no iss (contract §5.1)', () => {
    expect(lookupIssuer({ sub: 'spiffe://example.org/ns/a' })).toEqual({ ok: true, value: 'spiffe://example.org' });
  });

  it.each([
    ['no iss', { sub: 'a' }],
    ['an array', { iss: ['https://a.example'] }],
    ['an object', { iss: {} }],
    ['a number', { iss: 1 }],
    ['null beside a SPIFFE subject', { iss: null, sub: 'spiffe://example.org/a' }],
    ['an empty iss', { iss: '', sub: 'spiffe://example.org/a' }],
    ['10 KB', { iss: `https://a.example/${'a'.repeat(10_000)}` }],
    ['a subject that only looks like SPIFFE', { sub: 'spiffe://Example.org/a' }],
    ['a subject that is an array', { sub: ['spiffe://example.org/a'] }],
  ])('refuses %s as issuer_missing (RFC 7519 §4.1.1)', (_, claims) => {
    expect(lookupIssuer(claims)).toMatchObject({ ok: false, error: { reason: 'issuer_missing' } });
  });
});
