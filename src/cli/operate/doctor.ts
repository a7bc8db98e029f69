// The work of `cambist doctor`: looks at a deployment from outside, at its keys and at its issuers; changes nothing.

import type { IssuerCheckView } from '../../objects/issuer-check.ts';
import type { SigningKeyView } from '../../objects/signing-key.ts';
import type { JsonMap } from '../api.ts';
import type { CommandContext, World } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { MAX_CLOCK_SKEW_SECONDS, NOTED_CLOCK_SKEW_SECONDS, REQUEST_TIMEOUT_MS } from '../limits.ts';
import type { Output } from '../output.ts';
import { findObject } from './find-object.ts';
import { inOrder } from './keys.ts';
import { PROVIDERS } from './resources.ts';

export interface Finding {
  readonly check: string;
  readonly verdict: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly detail: string;
  /** What mends it. */
  readonly advice: string | null;
}

/** Runs every check; 1 where one failed. */
export async function runDoctor(context: CommandContext): Promise<number> {
  const { output, settings, world } = context;
  const findings: Finding[] = [];
  const tell = (finding: Finding): void => {
    findings.push(finding);
    showFinding(finding, output);
  };
  const url = settings.url();
  output.line(output.paint('bold', `Deployment ${url}`));
  const isThere = await checkDeployment(url, world, tell);
  if (isThere) await checkInside(context, tell);
  const failed = findings.filter(({ verdict }) => verdict === 'failed').length;
  output.data({ url, findings, failed }, () => {
    output.line();
    output.line(failed === 0 ? 'Nothing is wrong.' : `${failed} ${failed === 1 ? 'check' : 'checks'} failed.`);
  });
  return failed === 0 ? 0 : 1;
}

type Tell = (finding: Finding) => void;

function showFinding({ check, verdict, detail, advice }: Finding, output: Output): void {
  const mark = {
    ok: output.paint('green', '✔'),
    warning: output.paint('yellow', '⚠'),
    failed: output.paint('red', '✖'),
    skipped: output.paint('dim', '–'),
  }[verdict];
  output.line(`${mark} ${check.padEnd(14)} ${detail}`);
  if (advice !== null) output.line(`${' '.repeat(17)}${advice}`);
}

function finding(check: string, verdict: Finding['verdict'], detail: string, advice: string | null = null): Finding {
  return { check, verdict, detail, advice };
}

async function checkDeployment(url: string, world: World, tell: Tell): Promise<boolean> {
  const health = await look(`${url}/healthz`, world);
  if (health === null || health.status !== 200) {
    const detail = health === null ? 'it cannot be reached' : `/healthz answers ${health.status}`;
    tell(
      finding(
        'reachable',
        'failed',
        detail,
        'Is the address right, and is the Worker deployed? Locally, start it with `npm start`.',
      ),
    );
    return false;
  }
  tell(finding('reachable', 'ok', '/healthz answers 200'));
  checkClock(health, tell);
  await checkReadiness(url, world, tell);
  await checkDiscovery(url, world, tell);
  return true;
}

function checkClock({ date }: Look, tell: Tell): void {
  if (date === null) return tell(finding('clock', 'skipped', 'the answer has no date'));
  const skew = Math.round(Math.abs(Date.now() - date) / 1000);
  if (skew > MAX_CLOCK_SKEW_SECONDS)
    return tell(
      finding(
        'clock',
        'failed',
        `this machine and the deployment differ by ${skew} s`,
        'Set the clock of this machine (NTP): tokens would look expired or not yet valid.',
      ),
    );
  if (skew > NOTED_CLOCK_SKEW_SECONDS)
    return tell(
      finding(
        'clock',
        'warning',
        `this machine and the deployment differ by ${skew} s`,
        'Set the clock of this machine (NTP).',
      ),
    );
  tell(finding('clock', 'ok', `within ${NOTED_CLOCK_SKEW_SECONDS} s of this machine`));
}

async function checkReadiness(url: string, world: World, tell: Tell): Promise<void> {
  const ready = await look(`${url}/readyz`, world);
  if (ready?.status === 200) return tell(finding('ready', 'ok', 'every setting, table and key is in place'));
  const faults = ready?.body['faults'];
  if (!Array.isArray(faults)) return tell(finding('ready', 'failed', `/readyz answers ${ready?.status ?? 'nothing'}`));
  for (const fault of faults as readonly { readonly detail: string }[])
    tell(
      finding(
        'ready',
        'failed',
        fault.detail,
        'Set it with `wrangler secret put` or in wrangler.toml, and deploy again.',
      ),
    );
}

async function checkDiscovery(url: string, world: World, tell: Tell): Promise<void> {
  const discovery = await look(`${url}/.well-known/openid-configuration`, world);
  if (discovery?.status !== 200)
    return tell(finding('discovery', 'failed', `it answers ${discovery?.status ?? 'nothing'}`));
  const { issuer, jwks_uri: jwksUri } = discovery.body as { readonly issuer?: unknown; readonly jwks_uri?: unknown };
  if (issuer === url) tell(finding('discovery', 'ok', `issuer is ${url}`));
  else {
    tell(
      finding(
        'discovery',
        'failed',
        `issuer is ${String(issuer)}, not ${url}`,
        'Verifiers compare both byte for byte: set ISSUER_URL to the address that they use, or use the other address.',
      ),
    );
  }
  const jwks = typeof jwksUri === 'string' ? await look(jwksUri, world) : null;
  const keys =
    jwks?.status === 200 && Array.isArray(jwks.body['keys']) ? (jwks.body['keys'] as readonly JsonMap[]) : [];
  if (keys.length === 0) return tell(finding('jwks', 'failed', `there are no keys at ${String(jwksUri)}`));
  if (keys.some((key) => Object.hasOwn(key, 'd')))
    tell(
      finding(
        'jwks',
        'failed',
        'it publishes a private key',
        'Replace that key at once: `cambist keys generate`, then `cambist keys rotate --mode emergency`.',
      ),
    );
  const algorithms = keys.map((key) => String(key['alg'])).toSorted();
  tell(finding('jwks', 'ok', `${keys.length} ${keys.length === 1 ? 'key' : 'keys'}: ${algorithms.join(', ')}`));
  if (!algorithms.includes('RS256'))
    tell(
      finding(
        'jwks',
        'warning',
        'no RS256 key',
        'AWS, Azure and others accept ID tokens with RS256 only: add one with `cambist keys generate --alg RS256`.',
      ),
    );
}

/** What only somebody with a credential may see. */
async function checkInside(context: CommandContext, tell: Tell): Promise<void> {
  try {
    await context.settings.token();
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    return tell(
      finding(
        'credential',
        'skipped',
        'no token was given',
        'With --token-file or CAMBIST_TOKEN, signing keys and issuers are looked at, too.',
      ),
    );
  }
  const api = await context.api();
  const me = await attempt('credential', tell, async () => await api.get('/me'));
  if (me === null) return;
  const { actor, organisation } = me as {
    readonly actor?: unknown;
    readonly organisation?: { readonly slug?: unknown };
  };
  tell(finding('credential', 'ok', `${String(actor)} in the organisation ${String(organisation?.slug)}`));
  const keys = await attempt(
    'signing keys',
    tell,
    async () => await api.get<readonly SigningKeyView[]>('/signing-keys'),
  );
  if (keys !== null) checkKeys(inOrder(keys), tell);
  const named = context.options.text('issuer');
  const providers = await attempt('issuers', tell, async () =>
    named === undefined ? await api.list(PROVIDERS.path) : [await findObject(api, PROVIDERS, named)],
  );
  for (const provider of providers ?? []) {
    context.output.line();
    context.output.line(
      context.output.paint('bold', `Issuer ${String(provider['name'])}  ${String(provider['providerIssuer'])}`),
    );
    const path = `${PROVIDERS.path}/${String(provider['identity'])}/check`;
    const view = await attempt('check', tell, async () => await api.post<IssuerCheckView>(path, undefined, true));
    for (const { check, verdict, detail, advice } of view?.checks ?? []) tell(finding(check, verdict, detail, advice));
  }
}

function checkKeys(keys: readonly SigningKeyView[], tell: Tell): void {
  for (const alg of new Set(keys.map((key) => key.alg))) {
    const of = keys.filter((key) => key.alg === alg);
    const active = of.find(({ status }) => status === 'active');
    if (active === undefined)
      tell(
        finding(
          'signing keys',
          'failed',
          `${alg}: no key is active`,
          '`cambist keys rotate` lets a standby key take over.',
        ),
      );
    else if (of.some(({ status }) => status === 'standby'))
      tell(finding('signing keys', 'ok', `${alg}: one active, one ready to take over`));
    else
      tell(
        finding(
          'signing keys',
          'ok',
          `${alg}: one active, none on standby`,
          `A rotation needs one: \`cambist keys generate --alg ${alg} --add-to\` the bundle.`,
        ),
      );
  }
}

async function attempt<T>(check: string, tell: Tell, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    tell(
      finding(check, error.details.status === 403 ? 'skipped' : 'failed', error.message, error.details.next ?? null),
    );
    return null;
  }
}

interface Look {
  readonly status: number;
  readonly body: JsonMap;
  /** Epoch milliseconds. */
  readonly date: number | null;
}

/** One GET without a credential; null where nothing answers. */
async function look(url: string, world: World): Promise<Look | null> {
  try {
    const response = await world.fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    const text = await response.text();
    const date = Date.parse(response.headers.get('date') ?? '');
    return { status: response.status, body: objectOf(text), date: Number.isNaN(date) ? null : date };
  } catch {
    return null;
  }
}

function objectOf(text: string): JsonMap {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as JsonMap) : {};
  } catch {
    return {};
  }
}
