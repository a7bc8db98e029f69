// `npm run remove`: takes a deployment away again, after it has listed what that is and asked for its name.

import { captureWrangler, WRANGLER_CONFIG } from './local/bundle.ts';
import { runScript } from './local/refusal.ts';
import { outsideWorld } from './deploy/outside-world.ts';
import { readRemoveOptions } from './deploy/options.ts';

const USAGE = `npm run remove [-- options]: removes a deployment from your Cloudflare account.

It lists the Worker, database, cache and files that it would remove, says what it keeps, and asks for the name of the
deployment before it removes anything. A run that failed or was stopped is finished by the same command.

  --name <name>   the Worker's name (default: that of wrangler.toml)
  --env <name>    one environment, such as staging
  --config <file> another wrangler.toml
  --yes           ask nothing; needed without a terminal
  --dry-run       list; remove nothing`;

await runScript('remove', async () => {
  const options = readRemoveOptions(process.argv.slice(2), process.env);
  if (options.help) {
    console.log(USAGE);
    return;
  }
  // wrangler takes seconds to load, and a wrong use is told at once.
  const { runRemoval } = await import('./deploy/run-removal.ts');
  await runRemoval(options, outsideWorld(captureWrangler, options.config ?? WRANGLER_CONFIG));
});
