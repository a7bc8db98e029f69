// Deploys, in the order of contract §8: looks at everything first, shows the plan, then does one repeatable step after the other.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Refusal } from '../local/refusal.ts';
import { rehearseUpload } from './account.ts';
import type { CloudflareAccount, RunWrangler } from './account.ts';
import { provision, upload } from './carry-out.ts';
import { deploymentConfiguration, readSource } from './configuration.ts';
import type { Source } from './configuration.ts';
import { decideUrl } from './decide-url.ts';
import { filesOf, keptAdminToken, openFiles, writeConfiguration } from './deployment-files.ts';
import type { DeploymentFiles } from './deployment-files.ts';
import { agrees } from './deps.ts';
import type { DeployDeps } from './deps.ts';
import { findAccount, findDeployment } from './find-deployment.ts';
import type { Found } from './find-deployment.ts';
import type { DeployOptions } from './options.ts';
import { planSteps } from './plan.ts';
import { missingSecrets } from './secrets.ts';
import type { MissingSecret } from './secrets.ts';
import { waitUntilReady } from './wait-until-ready.ts';

/** Deploys, or with `dryRun` says what it would do. Resolves once /readyz answers 200. Throws Refusal. */
export async function runDeployment(options: DeployOptions, deps: DeployDeps): Promise<void> {
  const source = readSource(deps.config, options.name, options.env);
  const files = filesOf(source.names.worker, deps.filesBase);
  if (options.dryRun) {
    await rehearse(options, source, files, deps);
    return;
  }
  const ask = options.yes || options.inCloudflareBuild ? null : deps.ask;
  if (ask === null && !options.yes && !options.inCloudflareBuild)
    throw new Refusal('there is no terminal to ask on: give --yes, and --url for a domain of your own', 2);

  const account = await findAccount(deps.run, wantedAccount(source, deps), ask === null ? null : chooseWith(ask, deps));
  const run = inAccount(deps.run, account);
  const found = await findDeployment(run, source, {
    trustsName: options.inCloudflareBuild,
    adoptsDatabase: options.adoptDatabase,
  });
  const url = await decideUrl(options, source, found, ask, deps);
  const secrets = secretsFor(options, found, files, deps);
  deps.print(`Deploying ${source.names.worker}:`);
  for (const { name, detail } of planSteps({ names: source.names, account, found, url, secrets }))
    deps.print(`  ${name.padEnd(10)} ${detail}`);
  if (ask !== null && !(await agrees(ask, 'Go ahead?'))) throw new Refusal('nothing was changed');

  openFiles(files);
  const placed = await provision(run, source, found, account, deps.print);
  const address = await upload({ run, source, files, found, placed, url, secrets, print: deps.print });
  await waitUntilReady(address, deps);
  deps.print(`✓ ready      ${address}/readyz answers 200`);
  for (const line of whatNext(address, files, secrets, found, options)) deps.print(line);
}

/** Prints the plan and builds the Worker; with a sign-in it looks at the account, too. Changes nothing. */
async function rehearse(
  options: DeployOptions,
  source: Source,
  files: DeploymentFiles,
  deps: DeployDeps,
): Promise<void> {
  let account: CloudflareAccount | null = null;
  let found: Found | null = null;
  try {
    account = await findAccount(deps.run, wantedAccount(source, deps), null);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    deps.print(`${error.message}\nSo this plan does not know what the account has.`);
  }
  if (account !== null) {
    found = await findDeployment(inAccount(deps.run, account), source, {
      trustsName: options.inCloudflareBuild,
      adoptsDatabase: options.adoptDatabase,
    });
  }
  const url = await decideUrl(options, source, found, null, deps);
  const secrets = secretsFor(options, found, files, deps);
  deps.print(`Plan for ${source.names.worker}; nothing is changed:`);
  planSteps({ names: source.names, account, found, url, secrets }).forEach(({ name, detail }, index) =>
    deps.print(`  ${index + 1}. ${name.padEnd(10)} ${detail}`),
  );
  const directory = mkdtempSync(join(tmpdir(), 'cambist-rehearsal-'));
  try {
    const draft = {
      accountId: null,
      databaseId: found?.databaseId ?? null,
      namespaceId: found?.namespaceId ?? null,
      url,
      mayLimit: true,
    };
    const rehearsal = { ...filesOf('rehearsal', directory) };
    openFiles(rehearsal);
    writeConfiguration(rehearsal, deploymentConfiguration(source, draft, rehearsal.directory));
    const said = await rehearseUpload(deps.run, rehearsal.config);
    const size = /^Total Upload: .*$/m.exec(said)?.[0] ?? 'the Worker builds';
    deps.print(`The Worker builds: ${size}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function secretsFor(
  options: DeployOptions,
  found: Found | null,
  files: DeploymentFiles,
  { environment }: DeployDeps,
): MissingSecret[] {
  const present = found?.secrets ?? [];
  // Whoever took the root token away from a working deployment meant it.
  const works =
    found !== null && found.url !== null && present.some((name) => /^(?:SEALING_KEY|SIGNING_KEYS)$/.test(name));
  return missingSecrets({
    present,
    adminToken: options.adminToken || !(works || options.inCloudflareBuild),
    keptAdminToken: keptAdminToken(files),
    environment,
  });
}

function whatNext(
  address: string,
  files: DeploymentFiles,
  secrets: readonly MissingSecret[],
  found: Found,
  options: DeployOptions,
): string[] {
  const hasToken = [...found.secrets, ...secrets.map(({ name }) => name)].includes('ADMIN_TOKEN');
  const isKept = keptAdminToken(files) !== null;
  const token = isKept
    ? [`The root token is in ${files.adminToken} (mode 0600): keep it in a password manager, too.`]
    : hasToken
      ? ['The root token is the ADMIN_TOKEN that was set before; it is not shown, and was not replaced.']
      : [
          `There is no root token; ${options.inCloudflareBuild ? 'set the secret ADMIN_TOKEN in the dashboard' : '--admin-token makes one'} if you need it.`,
        ];
  return [
    ...token,
    'Next:',
    `  export CAMBIST_URL=${address} CAMBIST_TOKEN=${isKept ? `$(cat ${files.adminToken})` : '…'}`,
    '  npm run --silent cambist -- doctor',
    '  npm run --silent cambist -- bootstrap --help   # trust the first pipeline',
  ];
}

/** The account that the environment or wrangler.toml names; null if neither does. */
export function wantedAccount(source: Source, { environment }: DeployDeps): string | null {
  const given = environment['CLOUDFLARE_ACCOUNT_ID'];
  return given === undefined || given === '' ? source.accountId : given;
}

/** wrangler, for this account alone. */
export function inAccount(run: RunWrangler, account: CloudflareAccount): RunWrangler {
  return (args, env) => run(args, { ...env, CLOUDFLARE_ACCOUNT_ID: account.id });
}

/** Lets a person choose one of several accounts. */
export function chooseWith(
  ask: NonNullable<DeployDeps['ask']>,
  { print }: DeployDeps,
): (accounts: readonly CloudflareAccount[]) => Promise<CloudflareAccount> {
  return async (accounts) => {
    accounts.forEach(({ name, id }, index) => print(`  ${index + 1}. ${name} (${id})`));
    for (;;) {
      const chosen = accounts[Number(await ask('Which account? ')) - 1];
      if (chosen !== undefined) return chosen;
    }
  };
}
