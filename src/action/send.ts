// Sends the Action's requests through the proxy that the runner's variables name, or refuses a runner whose Node.js knows none.

import { CliFailure } from '../cli/failure.ts';
import { knowsProxies, proxyFor } from '../cli/proxy.ts';
import { sender } from '../cli/send.ts';
import type { Send } from '../cli/send.ts';
import type { Variables } from '../platforms/source.ts';

/** Throws a CliFailure if the runner has a proxy that cannot be used. */
export function runnerSender(variables: Variables): Send {
  const hasProxy = ['https:', 'http:'].some((scheme) => proxyFor(new URL(`${scheme}//elsewhere`), variables) !== null);
  if (hasProxy && !knowsProxies())
    throw new CliFailure(`The runner has a proxy, and its Node.js ${process.versions.node} knows none before 24.5.`, {
      code: 'runner_too_old',
      next: 'Update the runner.',
    });
  return sender(variables);
}
