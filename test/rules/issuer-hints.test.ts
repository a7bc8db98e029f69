// Which registered issuer an unregistered one nearly is (contract §5.6), and the twin of which nothing is said.

import { describe, expect, it } from 'vitest';

import { issuerHint } from '../../src/rules/issuer-hints.ts';

const REGISTERED = [
  'https://token.actions.githubusercontent.com',
  'https://issuer.example.com/t/x',
  'https://ci.example.com:8443',
];

describe('the issuer of a token that is not registered', () => {
  it.each<[string, string, RegExp]>([
    ['a trailing slash', 'https://issuer.example.com/t/x/', /t\/x differs only in a trailing slash/],
    ['a double slash', 'https://issuer.example.com//t/x', /double slash/],
    ['two slashes at the end', 'https://issuer.example.com/t/x//', /slash/],
    ['case', 'https://Issuer.example.com/t/x', /upper and lower case/],
    ['a port', 'https://ci.example.com', /ci\.example\.com:8443 differs only in its port/],
    ['the default port', 'https://issuer.example.com:443/t/x', /its port/],
    ['http', 'http://issuer.example.com/t/x', /http in place of https/],
    ['a look-alike', 'https://issuer.ex\u0430mple.com/t/x', /look the same/],
    ['an enterprise path', 'https://token.actions.githubusercontent.com/acme', /differs in its path \(an enterprise/],
    ['a path less', 'https://issuer.example.com/t', /differs in its path/],
    [
      'a cluster',
      'https://kubernetes.default.svc.cluster.local',
      /default issuer of a Kubernetes cluster.*--upload-jwks/,
    ],
    ['a cluster of short name', 'kubernetes/serviceaccount', /^$/],
    [
      'a discovery document',
      'https://other.example.com/.well-known/openid-configuration',
      /address of a discovery document/,
    ],
  ])('is compared with those that are: %s', (_what, issuer, hint) => {
    expect(issuerHint(issuer, REGISTERED) ?? '').toMatch(hint);
  });

  it('is told from the address of its discovery document, if that was registered', () => {
    const registered = ['https://a.example.com/.well-known/openid-configuration'];
    expect(issuerHint('https://a.example.com', registered)).toContain('register https://a.example.com instead');
  });

  it('is left alone if it is simply another', () => {
    for (const issuer of ['https://gitlab.com', 'https://example.com', 'x', 'https://'])
      expect(issuerHint(issuer, REGISTERED), issuer).toBeNull();
  });
});
