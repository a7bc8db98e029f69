// What the console is looked at with: a deployment with two teams' trust and some minutes of its life, made through the API alone.

import type { GithubIssuer } from '../demo/github-issuer.ts';

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';

export interface DemoData {
  /** The page that waits for the first exchange of a rule, and what makes it. */
  readonly waiting: string;
  readonly exchangeFirst: () => Promise<number>;
  /** A rule, an account that has a credential, and forms that no page links to without a choice, below /console. */
  readonly pages: readonly string[];
  /** The event of a refusal that a rule nearly granted. */
  readonly refusal: string;
  /** A token of somebody who may read and change nothing. */
  readonly readerToken: string;
}

/** Makes it at `origin`, as root. */
export async function makeDemoData(origin: string, rootToken: string, github: GithubIssuer): Promise<DemoData> {
  const create = async (path: string, body: object): Promise<string> => {
    const response = await fetch(`${origin}/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${rootToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as { readonly identity?: string };
    if (!response.ok) throw new Error(`POST /v1/${path} answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer.identity ?? '';
  };
  const provider = await create('federated-identity-providers', {
    name: 'GitHub Actions',
    providerIssuer: github.issuer,
    preset: 'github',
  });
  await create('federated-identity-providers', { name: 'GitLab', providerIssuer: 'https://gitlab.com' });
  const deployer = await create('service-accounts', { name: 'Shop deployer', slug: 'shop-deployer' });
  const reader = await create('service-accounts', { name: 'Docs reader', slug: 'docs-reader' });
  const role = await create('iam/roles', {
    name: 'Deployments',
    rules: [{ resources: ['deployment'], permissions: ['create', 'read', 'update'], note: 'what a release needs' }],
  });
  await create(`iam/roles/${role}/bindings`, { serviceAccountIdentity: deployer, projects: ['shop'] });
  await create(`service-accounts/${reader}/access-credentials`, { name: 'nightly batch', scopes: ['docs:read'] });
  const rule = (name: string, account: string, subject: string, more: object = {}): Promise<string> =>
    create('federated-identities', {
      name,
      serviceAccountIdentity: account,
      providerIdentity: provider,
      providerSubject: subject,
      allowedScopes: ['api:read', 'api:write'],
      ...more,
    });
  const shop = await rule('main of acme/shop', deployer, 'repo:acme/shop:ref:refs/heads/main');
  const releases = await rule('releases of acme/shop', deployer, 'repo:acme/shop:ref:refs/tags/v*', {
    providerSubjectMatch: 'glob',
  });
  await rule('main of acme/docs', reader, 'repo:acme/docs:ref:refs/heads/main', { mode: 'shadow' });
  const ask = async (repository: string, ref: string, account: string, more: object = {}): Promise<Response> => {
    const token = await github.sign({ repository, ref, audience: origin, subjectForm: 'legacy' });
    const form = {
      grant_type: TOKEN_EXCHANGE,
      subject_token_type: ID_TOKEN,
      subject_token: token,
      service_account_id: account,
      ...more,
    };
    return await fetch(`${origin}/oidc/token`, { method: 'POST', body: new URLSearchParams(form) });
  };
  const exchange = async (...asked: Parameters<typeof ask>): Promise<number> => {
    const answer = await ask(...asked);
    await answer.arrayBuffer();
    return answer.status;
  };
  for (let run = 0; run < 6; run += 1) {
    // Less than the rule gives, so that the trust report has something to propose.
    const status = await exchange('acme/shop', 'refs/heads/main', deployer, { scope: 'api:read' });
    if (status !== 200) throw new Error(`an exchange that should be granted answered ${status}`);
  }
  const refused = await ask('acme/shop', 'refs/heads/hotfix', deployer);
  const { request_id: requestId = '' } = (await refused.json()) as { readonly request_id?: string };
  await exchange('stranger/shop', 'refs/heads/main', deployer);
  await exchange('acme/docs', 'refs/heads/main', reader);
  const auditor = await create('service-accounts', { name: 'Auditor', slug: 'auditor' });
  await rule('auditors', auditor, 'repo:acme/audit:ref:refs/heads/main', {
    allowedScopes: ['iam:read'],
    tokenAudiences: [origin],
  });
  const read = await ask('acme/audit', 'refs/heads/main', auditor);
  const { access_token: readerToken = '' } = (await read.json()) as { readonly access_token?: string };
  if (readerToken === '') throw new Error(`the exchange of a reader answered ${read.status}`);
  const found = await fetch(`${origin}/v1/audit-events?requestId=${requestId}`, {
    headers: { authorization: `Bearer ${rootToken}` },
  });
  const [event] = (await found.json()) as readonly { readonly identity: string }[];
  if (event === undefined) throw new Error('the refusal has no event');
  return {
    refusal: `/activity/${event.identity}`,
    readerToken,
    waiting: `/pipelines/${releases}`,
    exchangeFirst: () => exchange('acme/shop', 'refs/tags/v1', deployer),
    pages: [
      `/trust/${shop}`,
      `/trust/${shop}/proposal`,
      `/accounts/${reader}/credentials/new`,
      '/keys/rotate?mode=emergency',
      '/pipelines/new/github',
    ],
  };
}
