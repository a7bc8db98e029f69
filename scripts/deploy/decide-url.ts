// Decides where a deployment answers, which is its issuer: what was given, what is deployed, or what a person says.

import { Refusal } from '../local/refusal.ts';
import { isWorkersDev } from './configuration.ts';
import type { Source } from './configuration.ts';
import { agrees } from './deps.ts';
import type { DeployDeps } from './deps.ts';
import type { Found } from './find-deployment.ts';
import { readOrigin } from './options.ts';
import type { DeployOptions } from './options.ts';

/** Where it shall answer; null means the workers.dev address that wrangler will report. Throws Refusal. */
export async function decideUrl(
  options: DeployOptions,
  source: Source,
  found: Found | null,
  ask: DeployDeps['ask'],
  deps: DeployDeps,
): Promise<string | null> {
  const pinned = found?.url ?? null;
  const wanted = options.url ?? source.url;
  if (wanted === null && options.changeUrl) throw new Refusal('--change-url needs the new address: give --url, too', 2);
  if (wanted !== null && pinned !== null && wanted !== pinned && !options.changeUrl)
    throw new Refusal(
      `${source.names.worker} is deployed as ${pinned}, and its tokens and everybody's trust carry that name; ` +
        `${wanted} is another issuer: deploy it beside with --env or --name, or give --change-url, too`,
    );
  const url = wanted ?? pinned ?? (ask === null ? null : await askUrl(ask, deps.print));
  if (url === null || url === pinned || isWorkersDev(url) || options.takeDomain) return url;
  const { hostname } = new URL(url);
  const addresses = await deps.resolve(hostname);
  if (addresses.length === 0) return url;
  const taken = `${hostname} leads to ${addresses.join(', ')} already, and Cloudflare would replace that record`;
  if (ask === null) throw new Refusal(`${taken}: remove it, choose another name, or give --take-domain`);
  if (!(await agrees(ask, `${taken}. Take the name over?`))) throw new Refusal('nothing was changed');
  return url;
}

async function askUrl(ask: NonNullable<DeployDeps['ask']>, print: DeployDeps['print']): Promise<string | null> {
  for (;;) {
    const answer = await ask(
      'Where shall it answer? https:// and a name on a domain that is on Cloudflare; nothing for its workers.dev address: ',
    );
    if (answer.trim() === '') return null;
    try {
      return readOrigin(answer.trim(), 'the address');
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      print(error.message);
    }
  }
}
