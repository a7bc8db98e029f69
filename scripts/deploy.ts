// `npm run deploy [-- wrangler's options]`: applies the migrations that the remote D1 database has not had, then deploys. Refuses while wrangler.toml is unfinished.

import { parseArgs } from 'node:util';

import { unstable_readConfig as readConfig } from 'wrangler';

import { runWrangler, WRANGLER_CONFIG } from './local/bundle.ts';
import { Refusal, runScript } from './local/refusal.ts';

const PLACEHOLDER = /^[0-]*$/;
const USAGE = `npm run deploy [-- options]: applies new migrations to the D1 database, then deploys.

  --dry-run        build and show what would be uploaded; change nothing
  --config <file>  another wrangler.toml
  --env <name>     an environment of it
  --var <n:value>  a variable, such as ISSUER_URL:https://tokens.example.com

Every other option of \`wrangler deploy\` is passed on.`;

await runScript('deploy', async () => {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    console.log(USAGE);
    return;
  }
  // npm keeps what stands before `--` for itself, and would let a rehearsal be a deployment.
  if (process.env['npm_config_dry_run'] === 'true')
    throw new Refusal('npm took --dry-run for its own; write `npm run deploy -- --dry-run`');
  const { values } = parseArgs({
    args,
    strict: false,
    options: {
      config: { type: 'string', short: 'c' },
      env: { type: 'string', short: 'e' },
      var: { type: 'string', multiple: true },
      'dry-run': { type: 'boolean' },
    },
  });
  const config = typeof values.config === 'string' ? values.config : WRANGLER_CONFIG;
  const env = typeof values.env === 'string' ? values.env : undefined;
  const given = (values.var ?? []).filter((item) => typeof item === 'string');
  const faults = findFaults(config, env, given);
  if (faults.length > 0 && values['dry-run'] !== true) {
    throw new Refusal(`${config} is not finished:\n${list(faults)}`);
  }
  const target = ['--config', config, ...(env === undefined ? [] : ['--env', env])];
  if (values['dry-run'] !== true) {
    const schema = ['d1', 'migrations', 'apply', 'DB', '--remote', ...target];
    if ((await runWrangler(schema)) !== 0)
      throw new Refusal('the migrations were not applied, so nothing was deployed');
  }
  const passedOn =
    args.includes('--config') || args.includes('-c') || args.some((arg) => arg.startsWith('--config='))
      ? args
      : ['--config', config, ...args];
  if ((await runWrangler(['deploy', ...passedOn])) !== 0)
    throw new Refusal('wrangler did not deploy; its message is above');
  if (faults.length > 0) console.log(`\nBefore it can be deployed, ${config} needs:\n${list(faults)}`);
});

function list(faults: readonly string[]): string {
  return faults.map((fault) => `  - ${fault}`).join('\n');
}

/** What an operator still has to fill in, each with the command that answers it. */
function findFaults(configPath: string, env: string | undefined, vars: readonly string[]): string[] {
  const config = readConfig({ config: configPath, ...(env === undefined ? {} : { env }) });
  const faults: string[] = [];
  const database = config.d1_databases.find(({ binding }: { readonly binding: string }) => binding === 'DB');
  const ofEnvironment = env === undefined ? '' : `-${env}`;
  if (database === undefined || PLACEHOLDER.test(database.database_id ?? '')) {
    faults.push(
      `database_id of DB: run \`npx wrangler d1 create cambist${ofEnvironment}\` and put the id it prints ${placeOf('d1_databases', env)}`,
    );
  }
  const cache = config.kv_namespaces.find(({ binding }: { readonly binding: string }) => binding === 'CACHE');
  if (cache === undefined || PLACEHOLDER.test(cache.id ?? '')) {
    faults.push(
      `id of CACHE: run \`npx wrangler kv namespace create CACHE${env === undefined ? '' : ` --env ${env}`}\` and put the id it prints ${placeOf('kv_namespaces', env)}`,
    );
  }
  const issuer = config.vars['ISSUER_URL'];
  const isGiven = vars.some((item) => item.startsWith('ISSUER_URL:'));
  if (!isGiven && (typeof issuer !== 'string' || !issuer.startsWith('https://'))) {
    faults.push('ISSUER_URL: the https origin of this deployment, such as https://cambist.your-name.workers.dev');
  }
  return faults;
}

/** An environment inherits no bindings: they are written once more under its name. */
function placeOf(bindings: string, env: string | undefined): string {
  return env === undefined ? 'there' : `under [[env.${env}.${bindings}]]`;
}
