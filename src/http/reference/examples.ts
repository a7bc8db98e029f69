// Examples of the reference: what is sent to and answered by each operation of the IAM API, for one fictitious deployment.

import { federatedIdentity } from '../../objects/federated-identity.ts';
import { identityProvider } from '../../objects/identity-provider.ts';
import { organisation } from '../../objects/organisation.ts';
import { role, roleRule } from '../../objects/role.ts';
import { serviceAccount } from '../../objects/service-account.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { OBJECTS, answeredExample, writtenExample } from './object-examples.ts';

/** Where the reference says "your deployment". */
export const ISSUER_PLACEHOLDER = 'https://tokens.example.com';
/** The id of the request that every example of an error is the answer to. */
export const REQUEST_ID = '0b9f6c1e-6a3c-4a55-9a0e-3a3f2f6f7d21';

const PROVIDER = identityProvider.example;
const ACCOUNT = serviceAccount.example;
const IDENTITY = federatedIdentity.example;
const ROLE = role.example;
const RULE = roleRule.example;
const ORGANISATION = organisation.example;
const EVENT = 'evt_01m7y3kn8hf6bvea1c6p0z2h3j';
const ISSUER = identityProvider.members.providerIssuer.example;
const SUBJECT = federatedIdentity.members.providerSubject.example;

const account = { identity: ACCOUNT, name: 'Deployer', slug: 'deployer' };
const ruleContent = { resources: ['deployment'], resourceIdentities: [], permissions: ['create', 'read'], note: '' };
const key = { kid: 'es256-2027', alg: 'ES256', source: 'sealed', publishedAt: '2027-01-10T00:00:00Z' };
const retired = { activatedAt: '2027-01-01T00:00:00Z', retiringAt: null, expiresAt: null, revokedAt: null };
const activeKey = { ...key, status: 'active', ...retired };
const rotatedKey = {
  ...activeKey,
  previous: {
    ...activeKey,
    kid: 'es256-2026',
    status: 'retiring',
    retiringAt: '2027-01-15T08:00:00Z',
    expiresAt: '2027-01-16T08:00:00Z',
  },
};
const check = { claim: null, ok: true, hint: null };

/** One object of each collection. */
const ANSWERS: Readonly<Record<string, JsonObject>> = {
  ...Object.fromEntries(OBJECTS.map((object) => [object.path, answeredExample(object)])),
  '/v1/audit-events': {
    identity: EVENT,
    time: '2027-01-15T08:01:00Z',
    requestId: REQUEST_ID,
    actor: SUBJECT,
    action: 'token.exchange',
    outcome: 'granted',
    reason: null,
    detail: null,
    serviceAccount: ACCOUNT,
    federatedIdentity: IDENTITY,
    issuer: ISSUER,
    subject: SUBJECT,
    claims: { sub: SUBJECT, repository: 'acme/app', run_id: '17482930111' },
    claimsDigest: null,
    claimsOmitted: null,
    asked: { serviceAccount: 'deployer', scope: 'api:read api:write' },
    tokenId: '8f14e45f-ceea-467f-a8f5-1f0e7d3b9c22',
    ip: '192.0.2.10',
    changes: null,
    count: 1,
  },
  '/v1/audit-archive': {
    sequence: 2,
    status: 'kept',
    sha256: '5d41402abc4b2a76b9719d911017c592aa11bb22cc33dd44ee55ff6600778899',
    previous: 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9',
    bytes: 48213,
    events: 2000,
    firstEventAt: '2026-12-15T08:00:01Z',
    lastEventAt: '2026-12-15T08:59:58Z',
    archivedAt: '2027-01-15T08:17:00Z',
  },
  '/v1/signing-keys': activeKey,
};

/** What creates the object above. */
const BODIES: Readonly<Record<string, JsonObject>> = Object.fromEntries(
  OBJECTS.map((object) => [object.path, writtenExample(object)]),
);

/** What stands apart from the objects, by method and path. */
const SPECIAL: Readonly<Record<string, { readonly body?: JsonObject; readonly answer: JsonValue }>> = {
  'post /v1/signing-keys/rotate': {
    body: { mode: 'graceful' },
    answer: { ...rotatedKey, mode: 'graceful', rotations: [rotatedKey], skipped: [] },
  },
  'get /v1/me': {
    answer: {
      kind: 'serviceAccount',
      actor: ACCOUNT,
      organisation: { identity: ORGANISATION, slug: 'acme' },
      serviceAccount: account,
      scopes: ['iam:read'],
      isAdministrator: false,
      mayManageDeployment: false,
      roles: [{ identity: ROLE, slug: 'deployments', projects: ['shop'], scopes: [] }],
      token: {
        tokenId: '8f14e45f-ceea-467f-a8f5-1f0e7d3b9c22',
        audiences: [ISSUER_PLACEHOLDER],
        expiresAt: '2027-01-15T09:00:00Z',
        project: null,
        federatedIdentity: IDENTITY,
        act: { iss: ISSUER, sub: SUBJECT },
      },
    },
  },
  'get /v1/me/permissions': {
    answer: [{ identity: RULE, role: { identity: ROLE, slug: 'deployments' }, ...ruleContent }],
  },
  'post /v1/federated-identities/explain': {
    body: { claims: { iss: ISSUER, sub: SUBJECT, aud: 'https://github.com/acme' }, scope: 'api:read' },
    answer: {
      verification: {
        ok: null,
        checks: [
          { check: 'issuer', ok: true, detail: null },
          { check: 'signature', ok: null, detail: 'not checked: claims were given, not a token' },
        ],
      },
      provider: { identity: PROVIDER, name: 'GitHub', providerIssuer: ISSUER, preset: 'github', status: 'active' },
      identities: [
        {
          identity: IDENTITY,
          name: 'main of acme/app',
          serviceAccount: { identity: ACCOUNT, slug: 'deployer' },
          mode: 'enforce',
          matched: false,
          checks: [
            { ...check, check: 'status', expected: 'active', actual: 'active' },
            {
              check: 'audience',
              claim: 'aud',
              expected: [ISSUER_PLACEHOLDER],
              actual: 'https://github.com/acme',
              ok: false,
              hint: `this is the default audience of GitHub Actions, which every service gets: request an ID token whose audience is ${ISSUER_PLACEHOLDER}`,
            },
            { ...check, check: 'subject', claim: 'sub', expected: SUBJECT, actual: SUBJECT },
          ],
        },
      ],
      truncated: false,
      decision: 'refused',
      reason: 'audience_mismatch',
      detail: `1 candidate(s); nearest is ${IDENTITY} (main of acme/app): audience aud: expected ["${ISSUER_PLACEHOLDER}"], token has https://github.com/acme`,
      federatedIdentity: IDENTITY,
      wouldIssue: null,
    },
  },
  'post /v1/federated-identity-providers/{id}/check': {
    answer: {
      identity: PROVIDER,
      providerIssuer: 'https://issuer.example.com',
      verdict: 'failed',
      checks: [
        { check: 'status', verdict: 'ok', detail: 'the identity provider is active', advice: null },
        {
          check: 'discovery',
          verdict: 'ok',
          detail: 'found at https://issuer.example.com/.well-known/openid-configuration',
          advice: null,
        },
        {
          check: 'issuer',
          verdict: 'failed',
          detail: 'the document names the issuer https://issuer.example.com/, registered is https://issuer.example.com',
          advice:
            'they differ in a trailing slash, which counts: register another identity provider whose providerIssuer is exactly https://issuer.example.com/',
        },
      ],
    },
  },
  'post /v1/federated-identity-providers/{id}/refresh': {
    answer: ANSWERS[identityProvider.path] ?? {},
  },
  ...Object.fromEntries(
    [serviceAccount.path, federatedIdentity.path].map((path) => [
      `post ${path}/{id}/revoke-tokens`,
      { answer: { ...ANSWERS[path], tokensNotBefore: '2027-01-15T08:00:01Z', objectVersion: 2 } },
    ]),
  ),
  ...Object.fromEntries(['teams', 'memberships', 'invites'].map((kind) => [`get /v1/${kind}`, { answer: [] }])),
};

/** What an operation is sent; undefined if there is no example. */
export function exampleBody(method: string, path: string): JsonValue | undefined {
  const special = SPECIAL[`${method} ${path}`]?.body;
  if (special !== undefined) return special;
  if (method === 'post') return BODIES[path];
  const collection = collectionOf(path);
  if (BODIES[collection] === undefined) return undefined;
  return collection.endsWith('/rules') ? { note: 'for the nightly job' } : { description: 'deploys the shop' };
}

/** What an operation answers; undefined if there is no example. */
export function exampleAnswer(method: string, path: string): JsonValue | undefined {
  const special = SPECIAL[`${method} ${path}`]?.answer;
  if (special !== undefined) return special;
  const object = ANSWERS[path];
  if (object !== undefined) return method === 'get' ? [object] : { ...object, ...ANSWERED_ONCE[path] };
  const one = ANSWERS[collectionOf(path)];
  if (one === undefined || method === 'get') return one;
  const changed = Object.hasOwn(one, 'note') ? { note: 'for the nightly job' } : { description: 'deploys the shop' };
  return { ...one, ...changed, objectVersion: 2 };
}

const ANSWERED_ONCE: Readonly<Record<string, JsonObject>> = {
  '/v1/service-accounts/{id}/access-credentials': {
    accessSecret: 'cbs_qFJ3d0c2y7a1T5n8Lx4R9w6ZpV0bKmHs2uEoGiXjYtA',
  },
  '/v1/federated-identities': { warnings: [] },
};

function collectionOf(path: string): string {
  return path.replace(/\/\{[^}]+\}$/, '');
}
