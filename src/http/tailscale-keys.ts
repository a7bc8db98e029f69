// Tailscale's keys API (contract §10): every step is a request to /v1 with the caller's credential, so that what holds there holds here.

import type { Context, Handler } from 'hono';
import type { FederatedIdentityView } from '../objects/federated-identity.ts';
import type { IdentityProviderView } from '../objects/identity-provider.ts';
import type { ServiceAccountView } from '../objects/service-account.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import { isJsonObject } from '../token/json.ts';
import type { JsonObject } from '../token/json.ts';
import { basicCredential } from './client-credential.ts';
import type { AppEnv } from './deps.ts';
import { invalid } from './iam/faults.ts';
import { readJsonObject } from './iam/json-body.ts';
import { readMembers } from './iam/members.ts';
import { MAX_LIST_LIMIT } from './limits.ts';
import { problemBody } from './problem.ts';
import type { Problem } from './problem.ts';
import { identityOf, keyMembers, keyOf, MADE_BY } from './tailscale-key.ts';
import type { KeyForm } from './tailscale-key.ts';

/** Carries a request to the IAM API, under the request id of the one that is being answered. */
export type ToIam = (c: Context<AppEnv>, request: Request) => Promise<Response>;

interface Failure {
  readonly status: number;
  readonly body: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
}
type Outcome<T> = Promise<Result<T, Failure>>;

/** One request of a client, and what it is answered by. */
interface Call {
  readonly raw: Request;
  readonly id: string;
  readonly issuerUrl: string;
  /** Asks the IAM API; `body` is sent as JSON. */
  readonly ask: <T>(method: string, path: string, body?: object) => Outcome<T>;
}

const IDENTITIES = '/v1/federated-identities';
const ACCOUNTS = '/v1/service-accounts';
const PROVIDERS = '/v1/federated-identity-providers';
const MADE = { labels: Object.fromEntries([MADE_BY]) };

/** Lists, creates, reads, replaces and deletes federated keys; `issuerUrl` is what a generated audience starts with. */
export function tailscaleKeysHandler(toIam: ToIam, issuerUrl: string): Handler<AppEnv> {
  return async (c) => {
    const { tailnet = '-', id = '' } = c.req.param() as { tailnet?: string; id?: string };
    const { raw } = c.req;
    const door = (id === '' ? COLLECTION : ONE)[raw.method] ?? (id === '' ? listKeys : readKey);
    const ask = async <T>(method: string, path: string, body?: object): Outcome<T> => {
      const headers = new Headers(raw.headers);
      for (const name of ['content-length', 'content-encoding', 'if-match', 'if-none-match']) headers.delete(name);
      headers.set('content-type', 'application/json');
      // Its provider sends what is configured as api_key so.
      const basic = basicCredential(raw.headers.get('authorization') ?? '');
      if (basic?.password === '') headers.set('authorization', `Bearer ${basic.user}`);
      if (tailnet !== '-') headers.set('x-organisation-identity', encodeURIComponent(tailnet));
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await toIam(c, new Request(new URL(path, raw.url), { method, headers, ...sent }));
      const said = answer.status === 204 ? {} : await answer.json<T>();
      return answer.ok
        ? ok(said as T)
        : refuse({ status: answer.status, body: said as JsonObject, headers: kept(answer.headers) });
    };
    const done = await door({ raw, id, issuerUrl, ask });
    if (done.ok) return c.json(done.value);
    const { status, body, headers } = done.error;
    const answered = { message: inItsWords(String(body['message'])), request_id: c.get('requestId') };
    return new Response(JSON.stringify(answered), {
      status,
      headers: { 'content-type': 'application/json', ...headers },
    });
  };
}

/** By method; every other one that the routes let through only reads. */
const COLLECTION: Readonly<Record<string, (call: Call) => Outcome<JsonObject>>> = { POST: createKey };
const ONE: typeof COLLECTION = { PUT: replaceKey, DELETE: deleteKey };

async function listKeys({ ask }: Call): Outcome<JsonObject> {
  const [name, value] = MADE_BY;
  const found = await all<FederatedIdentityView>(ask, IDENTITIES, `matchLabels[${name}]=${value}&`);
  return found.ok ? ok({ keys: found.value.map(keyOf) }) : found;
}

async function readKey(call: Call): Outcome<JsonObject> {
  const found = await findKey(call);
  return found.ok ? ok(keyOf(found.value)) : found;
}

/** Makes a provider unless the issuer has one, an account and the rule; if the rule is refused, nothing stays. */
async function createKey({ raw, ask, issuerUrl }: Call): Outcome<JsonObject> {
  // The first question also tells whether the credential counts, before the body is looked at.
  const providers = await all<IdentityProviderView>(ask, PROVIDERS);
  if (!providers.ok) return providers;
  const form = await readForm(raw);
  if (!form.ok) return form;
  const name = `tailscale-${crypto.randomUUID().slice(-12)}`;
  const broken = await judgeRule(ask, { name, ...identityOf(form.value, issuerUrl) });
  if (broken !== null) return refuse(broken);
  const { issuer = '' } = form.value;
  const provider = await haveProvider(ask, issuer, providers.value, name);
  if (!provider.ok) return provider;
  const undo = provider.value.isNew ? [`${PROVIDERS}/${provider.value.identity}`] : [];
  const account = await ask<ServiceAccountView>('POST', ACCOUNTS, { name, ...MADE });
  if (account.ok) undo.unshift(`${ACCOUNTS}/${account.value.identity}`);
  const made = account.ok
    ? await ask<FederatedIdentityView>('POST', IDENTITIES, {
        name,
        ...MADE,
        ...identityOf(form.value, audienceOf(issuerUrl, account.value.identity)),
        serviceAccountIdentity: account.value.identity,
        providerIdentity: provider.value.identity,
      })
    : account;
  if (made.ok) return ok(keyOf(made.value));
  for (const path of undo) await ask('DELETE', path);
  return made;
}

/** Replaces every member that a key has; the identity stays who it is. */
async function replaceKey(call: Call): Outcome<JsonObject> {
  const found = await findKey(call);
  if (!found.ok) return found;
  const form = await readForm(call.raw);
  if (!form.ok) return form;
  const { identity, provider, serviceAccount, annotations, objectVersion } = found.value;
  if (form.value.issuer !== provider.providerIssuer) {
    const detail = 'issuer cannot be changed: create another key, and delete this one';
    return refuse(failureOf({ kind: 'invalid', detail }));
  }
  const rule = identityOf(form.value, audienceOf(call.issuerUrl, serviceAccount.identity), annotations);
  const changed = await call.ask<FederatedIdentityView>('PATCH', `${IDENTITIES}/${identity}`, {
    ...rule,
    objectVersion,
  });
  return changed.ok ? ok(keyOf(changed.value)) : changed;
}

/** Deletes a key, and what was made with it unless somebody uses that now. */
async function deleteKey(call: Call): Outcome<JsonObject> {
  const found = await findKey(call);
  if (!found.ok) return found;
  const { identity, provider, serviceAccount } = found.value;
  const deleted = await call.ask('DELETE', `${IDENTITIES}/${identity}`);
  if (!deleted.ok) return deleted;
  if (await isUnusedAccount(call, serviceAccount.identity))
    await call.ask('DELETE', `${ACCOUNTS}/${serviceAccount.identity}`);
  const path = `${PROVIDERS}/${provider.identity}`;
  const kept = await call.ask<IdentityProviderView>('GET', path);
  // One that identities use is not deleted: the database sees to that (409).
  if (kept.ok && isMade(kept.value)) await call.ask('DELETE', path);
  return ok({});
}

async function isUnusedAccount({ ask }: Call, identity: string): Promise<boolean> {
  const path = `${ACCOUNTS}/${identity}`;
  const account = await ask<ServiceAccountView>('GET', path);
  if (!account.ok || !isMade(account.value) || account.value.roleBindings.length > 0) return false;
  const uses = [`${IDENTITIES}?serviceAccount=${identity}&limit=1`, `${path}/access-credentials?limit=1`];
  const found = await Promise.all(uses.map((use) => ask<readonly object[]>('GET', use)));
  return found.every((list) => list.ok && list.value.length === 0);
}

/** The identity that is this key; one that was not made here is no key. */
async function findKey({ ask, id }: Call): Outcome<FederatedIdentityView> {
  const found = await ask<FederatedIdentityView>('GET', `${IDENTITIES}/${encodeURIComponent(id)}`);
  if (!found.ok || isMade(found.value)) return found;
  return refuse(failureOf({ kind: 'not-found', detail: 'there is no such key: this API knows those that it made' }));
}

function isMade({ labels }: { readonly labels: Readonly<Record<string, string>> }): boolean {
  const [name, value] = MADE_BY;
  return labels[name] === value;
}

async function readForm(raw: Request): Outcome<KeyForm> {
  const body = await readJsonObject(raw);
  if (!body.ok) return refuse(failureOf(body.error));
  const { values, faults } = readMembers({ members: keyMembers }, body.value, null);
  return faults.length === 0 ? ok(values) : refuse(failureOf(invalid(faults)));
}

/** What is wrong with a rule whatever it joins: asked about objects that there never are, so that nothing is made for it. */
async function judgeRule(ask: Call['ask'], rule: object): Promise<Failure | null> {
  const nobody = '0'.repeat(26);
  const joins = { serviceAccountIdentity: `sa_${nobody}`, providerIdentity: `idp_${nobody}` };
  const judged = await ask('POST', `${IDENTITIES}?validate=true`, { ...rule, ...joins });
  if (judged.ok) return null;
  const { errors } = judged.error.body;
  const isOnlyLonely =
    Array.isArray(errors) &&
    errors.every(
      (error) => isJsonObject(error) && /^\/(?:serviceAccount|provider)Identity$/.test(String(error['pointer'])),
    );
  return isOnlyLonely ? null : judged.error;
}

/** The one provider of an issuer; made if there is none, also if another request makes it at the same time. */
async function haveProvider(
  ask: Call['ask'],
  issuer: string,
  known: readonly IdentityProviderView[],
  name: string,
): Outcome<{ readonly identity: string; readonly isNew: boolean }> {
  const [first, ...others] = known.filter(({ providerIssuer }) => providerIssuer === issuer);
  if (others.length > 0) {
    const detail = `several identity providers have the issuer ${issuer}: say which by ${IDENTITIES}`;
    return refuse(failureOf({ kind: 'duplicate', detail }));
  }
  if (first !== undefined) return ok({ identity: first.identity, isNew: false });
  const made = await ask<IdentityProviderView>('POST', PROVIDERS, { name, providerIssuer: issuer, ...MADE });
  if (made.ok) return ok({ identity: made.value.identity, isNew: true });
  const { conflictsWith } = made.error.body;
  return isJsonObject(conflictsWith) ? ok({ identity: String(conflictsWith['identity']), isNew: false }) : made;
}

/** Every object of a list, page by page. */
async function all<T extends { readonly identity: string }>(ask: Call['ask'], path: string, filter = ''): Outcome<T[]> {
  const found: T[] = [];
  for (;;) {
    const last = found.at(-1)?.identity;
    const page = await ask<readonly T[]>('GET', `${path}?${filter}${last === undefined ? '' : `cursor=${last}`}`);
    if (!page.ok) return page;
    found.push(...page.value);
    if (page.value.length < MAX_LIST_LIMIT) return ok(found);
  }
}

function audienceOf(issuerUrl: string, account: string): string {
  return `${issuerUrl}/${account}`;
}

function failureOf(problem: Problem): Failure {
  const body = problemBody(problem, '', '');
  return { status: body.status, body, headers: { ...problem.headers } };
}

/** What a refusal of /v1 says in headers, too. */
function kept(headers: Headers): Readonly<Record<string, string>> {
  return Object.fromEntries(
    ['www-authenticate', 'retry-after'].flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value] as const];
    }),
  );
}

const WORDS: Readonly<Record<string, string>> = {
  providerSubject: 'subject',
  providerIssuer: 'issuer',
  allowedScopes: 'scopes',
  trustedAudiences: 'audience',
  conditions: 'customClaimRules',
};

/** A sentence of /v1 with this API's names of the members. */
function inItsWords(sentence: string): string {
  return sentence.replaceAll(/\/(\w+)/g, (path, name: string) =>
    Object.hasOwn(WORDS, name) ? `/${WORDS[name]}` : path,
  );
}
