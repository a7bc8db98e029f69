// What an operator should do about a document that could not be fetched, by the real cause of each status (contract §5.1).

import type { FetchFailure } from './fetch-document.ts';
import { USER_AGENT } from './fetch-document.ts';

export const UNREACHABLE =
  'the address must be reachable from the public internet; where it cannot be, give the keys by hand in localJwks';
const BY_HAND = 'give the keys by hand in localJwks';
const REDIRECT = `serve the document at this very address, or set providerJwksUri to where the keys are in the end: redirects are not followed`;
const NOT_THERE =
  'check the path of providerIssuer, upper and lower case included; where the issuer has no discovery document, set providerJwksUri or localJwks';
const NOT_PUBLIC = `the address asks for a login, and keys must be public: let it be read without one, or ${BY_HAND}`;

/** Statuses whose cause is not that of their whole class. */
const BY_STATUS: Readonly<Record<number, string>> = {
  203: 'a proxy between here and the issuer changes what it answers: let this address pass it unchanged',
  304: 'a cache in front of the issuer answers "not modified" to a request that has nothing to compare with: correct its configuration, or let this address pass it',
  400: 'the server does not understand the request at this address: check the path of providerIssuer or of providerJwksUri',
  401: NOT_PUBLIC,
  403: `keys must be public, and the server does not let this service in: a firewall, a filter of countries or bots, or a rule for signed-in users. Let requests of the user agent ${USER_AGENT} read this address, or ${BY_HAND}`,
  404: NOT_THERE,
  405: 'the server does not answer GET at this address: check the path of providerIssuer or of providerJwksUri',
  406: 'the server offers none of the types that the request accepts (application/jwk-set+json, application/json): let it answer JSON at this address',
  407: 'a proxy between here and the issuer asks for a login: let this address pass it',
  410: NOT_THERE,
  421: 'the server is not set up for this host name: check the certificate and the host of the address',
  429: 'the issuer limits how often it may be asked, and counts others together with this service: raise its limit for this address, or let the answer be cached. Keys that are cached go on verifying for up to 24 hours',
  451: `the server may not answer from where this service runs: allow this address, or ${BY_HAND}`,
};

/** What mends a fetch that failed. */
export function adviceFor({ cause, status }: FetchFailure): string {
  if (cause === 'too_large') return `serve a smaller document, or ${BY_HAND}`;
  if (cause === 'not_json') {
    return 'something else than the document is answered, such as a sign-in page or a proxy: open the address without cookies and look';
  }
  if (cause === 'unreachable' || status === null) return UNREACHABLE;
  return BY_STATUS[status] ?? adviceForClass(status);
}

function adviceForClass(status: number): string {
  if (status >= 500) {
    return 'the issuer is failing: until it recovers, only keys that are cached can verify its tokens, for up to 24 hours';
  }
  if (status >= 400) return `the server refuses the request: let anybody read this address, or ${BY_HAND}`;
  if (status >= 300) return REDIRECT;
  return `only 200 says that the document follows: let the server answer 200 at this address, or ${BY_HAND}`;
}
