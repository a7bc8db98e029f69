// Examples of the committed reference: what is sent to and answered by each operation, for one fictitious deployment. The Worker ships none.

import { federatedIdentity } from '../src/objects/federated-identity.ts';
import { identityProvider } from '../src/objects/identity-provider.ts';
import { organisation } from '../src/objects/organisation.ts';
import { role, roleRule } from '../src/objects/role.ts';
import { serviceAccount } from '../src/objects/service-account.ts';
import type { JsonObject, JsonValue } from '../src/token/json.ts';
import { problemBody } from '../src/http/problem.ts';
import type { ProblemKind } from '../src/http/problem.ts';
import { ISSUER_PLACEHOLDER } from '../src/http/reference/placeholders.ts';
import { REQUEST_ID } from './token-examples.ts';
import { OBJECTS, answeredExample, writtenExample } from './object-examples.ts';

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

/** What one problem of each status is, and its sentence. */
const PROBLEMS: Readonly<Record<number, readonly [kind: ProblemKind, detail: string]>> = {
  400: ['invalid', '/name is required'],
  401: ['unauthenticated', 'the credential is not accepted'],
  403: ['forbidden', 'this needs the scope iam:write'],
  404: ['not-found', 'there is no service account sa_01m7y3kecgf6bvd8pnr2wy8a8b in this organisation'],
  409: ['duplicate', '/name another service account of this organisation has this name'],
  412: [
    'version-mismatch',
    'the service account is at objectVersion 4; read it again and decide with what is there now',
  ],
  413: ['too-large', 'the body must have at most 65536 bytes'],
  415: ['unsupported-media-type', 'send the body as application/json'],
  429: ['rate-limited', 'this organisation sends too many requests that write or explain; wait and try again'],
  502: [
    'issuer-failing',
    `the keys of the issuer could not be fetched, and those in use stay: GET ${ISSUER_PLACEHOLDER}/.well-known/openid-configuration answered 503`,
  ],
  503: ['unavailable', 'storage could not be reached; try again'],
};

const TAILSCALE = '/api/v2/tailnet/{tailnet}/keys';
const keyForm = {
  keyType: 'federated',
  issuer: ISSUER,
  subject: 'repo:acme@123456/app@456789:*',
  audience: '',
  scopes: ['api:read'],
  tags: ['tag:ci'],
  customClaimRules: { ref: 'refs/heads/main' },
  description: '',
};
const tailscaleKey = {
  ...keyForm,
  id: IDENTITY,
  audience: `${ISSUER_PLACEHOLDER}/${ACCOUNT}`,
  created: '2027-01-15T08:00:00Z',
  updated: '2027-01-15T08:00:00Z',
  invalid: false,
  userId: '',
};

/** What stands apart from the objects, by method and path. */
const SPECIAL: Readonly<Record<string, { readonly body?: JsonObject; readonly answer: JsonValue }>> = {
  'post /v1/signing-keys/rotate': {
    body: { mode: 'graceful' },
    answer: { ...rotatedKey, mode: 'graceful', rotations: [rotatedKey], skipped: [] },
  },
  [`get ${TAILSCALE}`]: { answer: { keys: [tailscaleKey] } },
  [`post ${TAILSCALE}`]: { body: keyForm, answer: tailscaleKey },
  [`get ${TAILSCALE}/{id}`]: { answer: tailscaleKey },
  [`put ${TAILSCALE}/{id}`]: { body: { ...keyForm, audience: tailscaleKey.audience }, answer: tailscaleKey },
  [`delete ${TAILSCALE}/{id}`]: { answer: {} },
  ...Object.fromEntries(
    [TAILSCALE, `${TAILSCALE}/{id}`].flatMap((path) =>
      Object.entries(PROBLEMS).map(([status, [, message]]) => [
        `${status} ${path}`,
        { answer: { message, request_id: REQUEST_ID } },
      ]),
    ),
  ),
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
  'get /v1/reports/trust': {
    answer: {
      generatedAt: '2027-01-15T08:00:00Z',
      identities: [
        {
          identity: IDENTITY,
          name: 'acme/app',
          serviceAccount: account,
          mode: 'enforce',
          status: 'active',
          lastUsedAt: '2027-01-15T07:42:00Z',
          grants90d: 412,
          complete: true,
          findings: [
            {
              code: 'over_broad',
              detail:
                'double_wildcard: ** also crosses ":" and "/", into segments that the rule does not name; use * unless the value itself contains them',
            },
            { code: 'excess_scope', detail: 'none of the 412 grants in 90 days asked for api:write' },
          ],
          proposal: {
            providerSubject: SUBJECT,
            providerSubjectMatch: 'exact',
            allowedScopes: ['api:read'],
            wouldStillGrant: 412,
            wouldNoLongerGrant: [
              'other branches',
              'tags',
              'pull requests',
              'other environments',
              'the scope api:write',
            ],
            alreadyRefused: 0,
            notTried: 0,
          },
        },
      ],
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

/** What an operation answers with this status; undefined if there is no example. */
export function exampleAnswer(method: string, path: string, status: string): JsonValue | undefined {
  if (!status.startsWith('2')) return SPECIAL[`${status} ${path}`]?.answer;
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

/** A problem of this status; undefined if there is no example. */
export function exampleProblem(status: number): JsonValue | undefined {
  const [kind, detail] = PROBLEMS[status] ?? [];
  if (kind === undefined || detail === undefined) return undefined;
  const errors = kind === 'invalid' ? { errors: [{ pointer: '/name', detail: 'is required' }] } : {};
  return problemBody({ kind, detail, ...errors }, '/v1/service-accounts', REQUEST_ID);
}
