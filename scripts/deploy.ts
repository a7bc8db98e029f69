// `npm run deploy`: everything between a clone and an answering deployment (contract §8), and the same command again for the next version.

import { captureWrangler, WRANGLER_CONFIG } from './local/bundle.ts';
import { runScript } from './local/refusal.ts';
import { outsideWorld } from './deploy/outside-world.ts';
import { readDeployOptions } from './deploy/options.ts';

const USAGE = `npm run deploy [-- options]: deploys to your Cloudflare account; the second time it updates what is there.

It asks on a terminal for what it must know, shows its plan, and changes nothing before you agree. A run that failed or
was stopped at any step is finished by the same command. Existing secrets are never replaced.

  --url <origin>     where it answers: https:// and a name on a domain that is on Cloudflare, or the workers.dev address,
                     which is the default; it is the issuer of every token from then on
  --name <name>      the Worker's name, which its database and cache get, too (default: that of wrangler.toml)
  --env <name>       a second, separate deployment, such as staging: its own Worker, database, cache, secrets and address
  --config <file>    another wrangler.toml
  --yes              ask nothing; needed without a terminal
  --dry-run          show the plan and build the Worker; change nothing, not even if signed in
  --change-url       with --url: give a deployment another issuer; every verifier must be told
  --take-domain      with --url: take a name over that leads elsewhere
  --adopt-database   use a database that holds the data of another deployment; give its SEALING_KEY in the environment
  --admin-token      make a root token although the deployment works without one

A secret that is missing is taken from the environment if it is set there (SEALING_KEY, ADMIN_TOKEN, SIGNING_KEYS,
SIGNING_KEYS_NEXT), else made. Exit code 2: wrong options; 1: something failed, and says what to do.`;

await runScript('deploy', async () => {
  const options = readDeployOptions(process.argv.slice(2), process.env);
  if (options.help) {
    console.log(USAGE);
    return;
  }
  // wrangler takes seconds to load, and a wrong use is told at once.
  const { runDeployment } = await import('./deploy/run-deployment.ts');
  await runDeployment(options, outsideWorld(captureWrangler, options.config ?? WRANGLER_CONFIG));
});
