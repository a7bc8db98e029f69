// A deployment made of answers alone: every command can ask it, and every text that it answers can be chosen by a test.

export const FAKE_URL = 'https://tokens.example.com';
export const FAKE_ENV = { CAMBIST_URL: FAKE_URL, CAMBIST_TOKEN: 'a-root-token-of-forty-characters-in-all!' };

/** Makes every text of an answer another one; the ids stay, since paths are made of them. */
export type Spoil = (text: string) => string;

const REFERENCE = { identity: 'sa_01h45ytscbebyvny4gc8cr8ma2', slug: 'deployer', name: 'deployer' };
const PROVIDER = { identity: 'idp_01h45ytscbebyvny4gc8cr8ma2', name: 'GitHub', providerIssuer: 'https://a.example' };
const COMMON = { description: 'text', labels: { team: 'shop' }, annotations: { note: 'text' }, objectVersion: 1 };

const OBJECTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'federated-identity-providers': { ...PROVIDER, ...COMMON, preset: 'generic', status: 'active' },
  'service-accounts': { ...REFERENCE, ...COMMON, status: 'active', roleBindings: [], accessCredentials: [] },
  'federated-identities': {
    identity: 'fid_01h45ytscbebyvny4gc8cr8ma2',
    name: 'main',
    serviceAccount: REFERENCE,
    provider: PROVIDER,
    providerSubject: 'repo:acme/app',
    providerSubjectMatch: 'exact',
    conditions: { ref: 'refs/heads/main' },
    allowedScopes: ['api:read'],
    mode: 'enforce',
    status: 'active',
    ...COMMON,
  },
  'iam/roles': {
    identity: 'role_01h45ytscbebyvny4gc8cr8ma2',
    name: 'reader',
    slug: 'reader',
    rules: [
      { identity: 'rule_01h45ytscbebyvny4gc8cr8ma2', resources: ['things'], permissions: ['read'], note: 'text' },
    ],
    ...COMMON,
  },
};
const BINDING = {
  identity: 'bind_01h45ytscbebyvny4gc8cr8ma2',
  name: 'binding',
  serviceAccount: REFERENCE,
  serviceAccountIdentity: REFERENCE.identity,
  projects: ['shop'],
  scopes: ['api:read'],
  ...COMMON,
};
const KEY = {
  kid: 'first',
  alg: 'ES256',
  status: 'active',
  publishedAt: '2026-11-01T00:00:00Z',
  activatedAt: '2026-11-01T00:00:00Z',
  expiresAt: null,
};
const EVENT = {
  identity: 'evt_01h45ytscbebyvny4gc8cr8ma2',
  time: '2026-11-01T00:00:00Z',
  action: 'token.exchange',
  outcome: 'refused',
  reason: 'subject_mismatch',
  detail: 'the subject differs',
  actor: 'root',
  subject: 'repo:acme/app',
  issuer: 'https://a.example',
  serviceAccount: null,
  federatedIdentity: null,
  requestId: '00000000-0000-4000-8000-000000000000',
  count: 1,
  claims: { iss: 'https://a.example', sub: 'repo:acme/app' },
  changes: null,
};
const ARCHIVED = {
  sequence: 1,
  status: 'removed',
  sha256: '00ff',
  previous: null,
  bytes: 1,
  events: 1,
  firstEventAt: '2026-11-01T00:00:00Z',
  lastEventAt: '2026-11-01T00:00:00Z',
  archivedAt: '2026-11-01T00:00:00Z',
};
const CHECK = { check: 'subject', claim: 'sub', ok: false, expected: 'a', actual: 'b', hint: 'write a' };
const EXPLANATION = {
  verification: { ok: false, checks: [{ check: 'signature', ok: false, detail: 'it is wrong' }] },
  provider: { ...PROVIDER, preset: 'generic', status: 'active' },
  identities: [
    {
      identity: 'fid_01h45ytscbebyvny4gc8cr8ma2',
      name: 'main',
      serviceAccount: REFERENCE,
      mode: 'shadow',
      matched: false,
      checks: [CHECK],
    },
  ],
  truncated: true,
  decision: 'refused',
  reason: 'subject_mismatch',
  detail: 'no rule accepts it',
  federatedIdentity: null,
  wouldIssue: null,
};

export const TRUST_REPORT = {
  generatedAt: '2026-11-28T00:00:00Z',
  identities: [
    {
      identity: 'fid_01h45ytscbebyvny4gc8cr8ma2',
      name: 'main',
      serviceAccount: REFERENCE,
      mode: 'enforce',
      status: 'active',
      lastUsedAt: '2026-11-27T00:00:00Z',
      grants90d: 412,
      complete: true,
      findings: [{ code: 'over_broad', detail: 'double_wildcard: ** is wide' }],
      proposal: {
        providerSubject: 'repo:acme/app:ref:refs/heads/main',
        conditions: { repository_id: '2' },
        wouldStillGrant: 400,
        wouldNoLongerGrant: ['other branches', 'pull requests'],
        alreadyRefused: 2,
        notTried: 10,
      },
    },
  ],
};

function answerTo(method: string, path: string): unknown {
  if (path === '/healthz') return { status: 'ok' };
  if (path === '/readyz') return { status: 'unready', faults: [{ name: 'DB', detail: 'a table is missing' }] };
  if (path.startsWith('/.well-known/openid-configuration')) return { issuer: FAKE_URL, jwks_uri: `${FAKE_URL}/jwks` };
  if (path === '/jwks') return { keys: [{ kid: 'first', alg: 'ES256' }] };
  const at = path.replace('/v1/', '');
  if (at === 'me') return { kind: 'root', actor: 'root', organisation: { slug: 'default' }, scopes: ['iam:admin'] };
  if (at === 'me/permissions') return [{ role: { slug: 'reader' }, permissions: ['read'], resources: ['things'] }];
  if (at === 'signing-keys') return [KEY];
  if (at === 'signing-keys/rotate')
    return {
      mode: 'emergency',
      rotations: [{ ...KEY, previous: KEY }],
      skipped: [{ alg: 'RS256', detail: 'no standby' }],
    };
  if (at === 'audit-events') return [EVENT];
  if (at === 'reports/trust') return TRUST_REPORT;
  if (at === 'audit-archive') return [ARCHIVED];
  if (at === 'federated-identities/explain') return EXPLANATION;
  if (at.endsWith('/check'))
    return { checks: [{ check: 'discovery', verdict: 'failed', detail: 'it fails', advice: 'mend it' }] };
  if (at.endsWith('/access-credentials')) return [];
  if (/\/(?:rules|bindings)(?:\/|$)/.test(at)) return method === 'GET' ? [BINDING] : BINDING;
  const [kind, view] = Object.entries(OBJECTS).find(([name]) => at.startsWith(name)) ?? [];
  if (kind === undefined) return [];
  const warned = method === 'GET' ? view : { ...view, warnings: [{ code: 'broad', detail: 'it is broad' }] };
  return at === kind && method === 'GET' ? [view] : warned;
}

function spoilt(value: unknown, spoil: Spoil, key = ''): unknown {
  if (typeof value === 'string') return /identity$/i.test(key) || key === 'jwks_uri' ? value : spoil(value);
  if (Array.isArray(value)) return value.map((item) => spoilt(item, spoil, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, spoilt(item, spoil, name)]));
}

type Answer = (url: URL, headers: Headers, method: string) => Response;

/** Answers as a deployment would; what was asked for is added to `asked`. */
export function fakeApi(spoil: Spoil = (text) => text, asked: string[] = []): Answer {
  return (url, _headers, method) => {
    asked.push(`${method} ${url.pathname}`);
    if (method === 'DELETE') return new Response(null, { status: 204 });
    const status = url.pathname === '/readyz' ? 503 : 200;
    return Response.json(spoilt(answerTo(method, url.pathname), spoil), { status });
  };
}
