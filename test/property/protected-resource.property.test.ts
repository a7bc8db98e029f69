// Whatever an API is called or says, its metadata name it exactly and its challenge stays one challenge (RFC 9728, RFC 6750 §3).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AccessTokenError, protectedResourceMetadata, wwwAuthenticate } from '../../src/sdk/verify/verify.ts';
import { holds } from '../support/runs.ts';

const issuer = 'https://cambist.test';
const piece = fc.oneof(
  fc.constantFrom(
    'https',
    'HTTP',
    'http',
    'a.example',
    'A.example',
    'é.example',
    'localhost',
    '127.0.0.1',
    'mcp',
    'q=1',
  ),
  fc.constantFrom('://', ':', '/', '//', '\\', ':443', ':80', ':8080', '%2e', '%2F', '..', '.', '?', '#', '@'),
  fc.constantFrom('"', "'", ',', ' ', '\r\n', 'é', ';', '%'),
);
const address = fc.oneof(
  fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
  fc.array(piece, { maxLength: 5 }).map((pieces) => `https://mcp.example/${pieces.join('')}`),
  fc.webUrl({ withQueryParameters: true }),
);
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: piece }));
const missing = new AccessTokenError('invalid_token', 'token_missing', 'no token');

/** RFC 9110 §11.6.1, for the one form that RFC 6750 §3 has; null for anything else. */
function parametersOf(challenge: string): Record<string, string> | null {
  if (challenge === 'Bearer') return {};
  const parameters = /^Bearer ((?:[a-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e]*"(?:, |$))+)$/.exec(challenge)?.[1];
  if (parameters === undefined) return null;
  return Object.fromEntries([...parameters.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
}

describe('the metadata of a resource', () => {
  it('are refused, or found where the resource is, and name it as it was written (RFC 9728 §3.1, §3.3)', async () => {
    let made = 0;
    await holds(
      fc.property(address, (resource) => {
        const metadata = make(resource);
        if (metadata === null) return;
        made += 1;
        const { url, document, answer } = metadata;
        expect(document['resource']).toBe(resource);
        const own = new URL(resource);
        expect(`${own.username}${own.password}${own.hash}`).toBe('');
        expect([own.href, own.href.replace(/^(https?:\/\/[^/]+)\//, '$1')]).toContain(resource);
        expect(new URL(url).origin).toBe(own.origin);
        expect(new URL(url).href).toBe(url);
        expect(answer(new Request(url))?.status).toBe(200);
        // A client reads the very address out of the challenge.
        expect(parametersOf(wwwAuthenticate(missing, { resourceMetadata: url }) ?? '')).toEqual({
          resource_metadata: url,
        });
      }),
      { usually: 2_000 },
    );
    expect(made).toBeGreaterThan(100);
  });
});

describe('a challenge', () => {
  it('has the parameters that were given and no other, whatever their values are', async () => {
    const options = fc.record(
      { realm: text, scope: fc.array(text, { minLength: 1, maxLength: 3 }), resourceMetadata: text },
      { requiredKeys: [] },
    );
    await holds(
      fc.property(options, (given) => {
        const challenge = wwwAuthenticate(missing, given) ?? '';
        const names = Object.keys(given).map((name) => (name === 'resourceMetadata' ? 'resource_metadata' : name));
        expect(Object.keys(parametersOf(challenge) ?? { broken: '' }).toSorted()).toEqual(names.toSorted());
        expect(() => new Headers({ 'www-authenticate': challenge })).not.toThrow();
      }),
      { usually: 1_000 },
    );
  });
});

function make(resource: string): ReturnType<typeof protectedResourceMetadata> | null {
  try {
    return protectedResourceMetadata({ issuer, resource });
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return null;
  }
}
