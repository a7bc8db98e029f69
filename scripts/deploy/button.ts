// The Deploy to Cloudflare button of a repository: what Cloudflare takes for an address, and the Markdown around it.

import { Refusal } from '../local/refusal.ts';

const BUTTON = 'https://deploy.workers.cloudflare.com/button';
const FORMS = [
  /^(?:git\+)?https:\/\/(?:[^/@]*@)?(?<host>[^/]+)\/(?<path>.+?)(?:\.git)?\/?$/,
  /^(?:git\+)?ssh:\/\/git@(?<host>[^/:]+)\/(?<path>.+?)(?:\.git)?\/?$/,
  /^git@(?<host>[^:]+):(?<path>.+?)(?:\.git)?$/,
  /^(?<host>github|gitlab):(?<path>.+)$/,
];

/** The button as Markdown for a repository in any form that git or npm write. Throws Refusal if Cloudflare cannot clone it. */
export function buttonOf(repository: string): string {
  const { host = '', path = '' } = FORMS.map((form) => form.exec(repository)?.groups).find(Boolean) ?? {};
  const site = host === 'github' || host === 'gitlab' ? `${host}.com` : host;
  if ((site !== 'github.com' && site !== 'gitlab.com') || !/^[\w.-]+(?:\/[\w.-]+)+$/.test(path))
    throw new Refusal(
      'the button needs a public repository on github.com or gitlab.com: npm run button -- https://github.com/you/cambist',
      2,
    );
  const address = encodeURIComponent(`https://${site}/${path}`);
  return `[![Deploy to Cloudflare](${BUTTON})](https://deploy.workers.cloudflare.com/?url=${address})`;
}
