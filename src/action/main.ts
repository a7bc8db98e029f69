// The entry of the Action's `main`: joins it with the process, and shows what went wrong.

import { shownFailure } from './failure.ts';
import { getCredentials } from './get-credentials.ts';
import { CANCELLED_GRACE_MS } from './limits.ts';
import { runnerOf } from './runner.ts';

const runner = runnerOf(process.env, (text) => process.stdout.write(text));
// A token that the deployment is just giving has to arrive, or nobody could revoke it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    process.exitCode = 1;
    setTimeout(() => process.exit(1), CANCELLED_GRACE_MS).unref();
  });
}
try {
  await getCredentials(runner, process.env);
} catch (error) {
  const { text, summary } = shownFailure(error);
  runner.annotate('error', text);
  runner.summarise(summary);
  process.exitCode = 1;
}
