// `npm run button [-- address]`: prints the Deploy to Cloudflare button of a public repository, as Markdown for a README.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { buttonOf } from './deploy/button.ts';
import { ROOT } from './local/bundle.ts';
import { Refusal, runScript } from './local/refusal.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename, null);

await runScript('button', async () => {
  const [given, ...more] = process.argv.slice(2);
  if (more.length > 0 || given?.startsWith('-') === true)
    throw new Refusal('takes one argument at most: the address of a public repository on github.com or gitlab.com', 2);
  const address = given ?? repositoryOfPackage() ?? remoteOrigin();
  if (address === null)
    throw new Refusal('there is no remote `origin`: npm run button -- https://github.com/you/cambist', 2);
  console.log(buttonOf(address));
});

function repositoryOfPackage(): string | null {
  const { repository } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly repository?: string | { readonly url: string };
  };
  if (repository === undefined) return null;
  return typeof repository === 'string' ? repository : repository.url;
}

function remoteOrigin(): string | null {
  try {
    return execFileSync('git', ['remote', 'get-url', 'origin'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}
