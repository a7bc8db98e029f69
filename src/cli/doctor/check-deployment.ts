// What anybody can check of a deployment from outside: reachable, clock, ready, discovery and published keys.

import { kindOfText } from '../answer-kind.ts';
import type { JsonMap } from '../api.ts';
import type { World } from '../command.ts';
import { codeOfFailure, connectionTrouble } from '../connection-trouble.ts';
import { CliFailure } from '../failure.ts';
import { MAX_CLOCK_SKEW_SECONDS, NOTED_CLOCK_SKEW_SECONDS, REQUEST_TIMEOUT_MS } from '../limits.ts';
import { URL_SETTING } from '../settings.ts';
import type { Tell } from './finding.ts';

/** Checks from outside; false if nothing answers there, and nothing else can be checked. */
export async function checkDeployment(url: string, world: World, tell: Tell): Promise<boolean> {
  let trouble: unknown = null;
  const health = await look(`${url}/healthz`, world, (error) => (trouble = error));
  if (health === null || health.status !== 200 || typeof health.body['status'] !== 'string') {
    const code = codeOfFailure(trouble);
    const known = code === null ? null : connectionTrouble(url, code, URL_SETTING, world.env);
    const reached = `it cannot be reached${known === null ? '' : `: ${known.reason}`}`;
    tell(
      'reachable',
      'failed',
      health === null ? reached : `/healthz answers ${health.status} with ${health.kind}`,
      known?.next ?? 'Is the address right, and is the Worker deployed? Locally, start it with `npm start`.',
    );
    return false;
  }
  tell('reachable', 'ok', '/healthz answers 200');
  checkClock(health, tell);
  await checkReadiness(url, world, tell);
  await checkDiscovery(url, world, tell);
  return true;
}

function checkClock({ date }: Look, tell: Tell): void {
  if (date === null) return tell('clock', 'skipped', 'the answer has no date');
  const skew = Math.round(Math.abs(Date.now() - date) / 1000);
  if (skew > MAX_CLOCK_SKEW_SECONDS)
    return tell(
      'clock',
      'failed',
      `this machine and the deployment differ by ${skew} s`,
      'Set the clock of this machine (NTP): tokens would look expired or not yet valid.',
    );
  if (skew > NOTED_CLOCK_SKEW_SECONDS)
    return tell(
      'clock',
      'warning',
      `this machine and the deployment differ by ${skew} s`,
      'Set the clock of this machine (NTP).',
    );
  tell('clock', 'ok', `within ${NOTED_CLOCK_SKEW_SECONDS} s of this machine`);
}

async function checkReadiness(url: string, world: World, tell: Tell): Promise<void> {
  const ready = await look(`${url}/readyz`, world);
  const faults = saidOf(ready?.body['faults']);
  const warnings = saidOf(ready?.body['warnings']);
  if (ready?.status !== 200 && faults.length === 0)
    return tell('ready', 'failed', `/readyz answers ${ready?.status ?? 'nothing'}`);
  // The database is a line of its own: its schema changes with each release, a setting hardly ever.
  const ofSettings = faults.filter(({ setting }) => setting !== 'DB');
  if (ofSettings.length === 0) tell('ready', 'ok', 'every setting and key is in place');
  for (const { setting, detail } of ofSettings) tell('ready', 'failed', detail, adviceFor(setting, detail));
  const ofDatabase = faults.filter(({ setting }) => setting === 'DB');
  for (const { setting, detail } of ofDatabase) tell('database', 'failed', detail, adviceFor(setting, detail));
  for (const { setting, detail } of warnings)
    tell(setting === 'DB' ? 'database' : 'ready', 'warning', detail, adviceFor(setting, detail));
  if (ofDatabase.length === 0 && !warnings.some(({ setting }) => setting === 'DB'))
    tell('database', 'ok', 'every table and every migration of this release is there');
}

/** What readiness names, each under its setting. */
function saidOf(value: unknown): readonly { readonly setting: string; readonly detail: string }[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly { readonly setting?: unknown; readonly detail?: unknown }[]).map(({ setting, detail }) => ({
    setting: String(setting),
    detail: String(detail),
  }));
}

/** Settings that are secrets: in a file of a repository they would be everybody's. */
const SECRETS = ['SIGNING_KEYS', 'SIGNING_KEYS_NEXT', 'SEALING_KEY', 'ADMIN_TOKEN'];

function adviceFor(setting: string, detail: string): string {
  const alg = /\((ES256|RS256|EdDSA)\)/.exec(detail)?.[1];
  const ended = 'cambist keys rotate --mode emergency';
  const emergency = `cambist keys rotate${alg === undefined ? '' : ` --alg ${alg}`} --mode emergency`;
  if (setting === 'SEALING_KEY' && detail.includes('does not open'))
    return `Put the former value back with \`npx wrangler secret put SEALING_KEY\`. If it is lost, new keys end all tokens: \`${ended}\`.`;
  if (setting === 'SIGNING_KEYS' && detail.includes('emergency'))
    return `Put the key back with \`npx wrangler secret put ${detail.includes('sealed') ? 'SEALING_KEY' : 'SIGNING_KEYS'}\`, or end its tokens: \`${emergency}\`.`;
  if (SECRETS.includes(setting)) return `It is a secret: \`npx wrangler secret put ${setting}\`, never wrangler.toml.`;
  if (detail.includes('newer than this code')) return 'Deploy the newer release: `npm run deploy` in its clone.';
  if (detail.includes('% full')) return 'Bind an R2 bucket as ARCHIVE, and deploy: `npm run deploy`.';
  if (setting === 'DB' || setting === 'CACHE') return '`npm run deploy` applies the schema and checks the bindings.';
  if (setting === 'ISSUER_URL') return '`npm run deploy -- --url https://…` sets it.';
  return 'Set it under [vars] of wrangler.toml, and deploy again: `npm run deploy`.';
}

async function checkDiscovery(url: string, world: World, tell: Tell): Promise<void> {
  const discovery = await look(`${url}/.well-known/openid-configuration`, world);
  if (discovery?.status !== 200) return tell('discovery', 'failed', `it answers ${discovery?.status ?? 'nothing'}`);
  const { issuer, jwks_uri: jwksUri } = discovery.body as { readonly issuer?: unknown; readonly jwks_uri?: unknown };
  if (issuer === url) tell('discovery', 'ok', `issuer is ${url}`);
  else {
    tell(
      'discovery',
      'failed',
      `issuer is ${String(issuer)}, not ${url}`,
      'Verifiers compare both byte for byte: set ISSUER_URL to the address that they use, or use the other address.',
    );
  }
  const jwks = typeof jwksUri === 'string' ? await look(jwksUri, world) : null;
  const keys =
    jwks?.status === 200 && Array.isArray(jwks.body['keys']) ? (jwks.body['keys'] as readonly JsonMap[]) : [];
  if (keys.length === 0) return tell('jwks', 'failed', `there are no keys at ${String(jwksUri)}`);
  if (keys.some((key) => Object.hasOwn(key, 'd')))
    tell(
      'jwks',
      'failed',
      'it publishes a private key',
      'Replace that key at once: `cambist keys rotate --mode emergency`.',
    );
  const algorithms = keys.map((key) => String(key['alg'])).toSorted();
  tell('jwks', 'ok', `${keys.length} ${keys.length === 1 ? 'key' : 'keys'}: ${algorithms.join(', ')}`);
  if (!algorithms.includes('RS256'))
    tell(
      'jwks',
      'warning',
      'no RS256 key',
      'AWS, Azure and others accept ID tokens with RS256 only: add one with `cambist keys generate --alg RS256`.',
    );
}

interface Look {
  readonly status: number;
  readonly body: JsonMap;
  /** What the answer is, in a few words. */
  readonly kind: string;
  /** Epoch milliseconds. */
  readonly date: number | null;
}

/** One GET without a credential; null if nothing answers, and `hear` is told why. Throws a CliFailure if nothing can be sent. */
async function look(url: string, world: World, hear?: (error: unknown) => void): Promise<Look | null> {
  try {
    const response = await world.fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    const text = await response.text();
    const date = Date.parse(response.headers.get('date') ?? '');
    return {
      status: response.status,
      body: objectOf(text),
      kind: kindOfText(text, response.headers),
      date: Number.isNaN(date) ? null : date,
    };
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    hear?.(error);
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
