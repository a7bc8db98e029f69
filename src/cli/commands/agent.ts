// `cambist agent`: keeps tokens and credentials fresh in files, and runs a command or sends a signal when one changed.

import { OUTPUT_TYPES } from '../agent/output-members.ts';
import { outputOptions } from '../agent/output-options.ts';
import type { CommandBody, CommandContext } from '../command.ts';
import { EXCHANGE_OPTIONS } from '../token/exchange-settings.ts';

export const agentCommand: CommandBody = {
  description:
    'Renews each file at two thirds of its lifetime, from an ID token that is read anew each time. A file is replaced in one ' +
    'step and is private (0600). If it cannot be renewed, the last good one stays, and after it has expired too; GET /healthz ' +
    'then answers 503. Timeouts, 408, 429 and 5xx are tried again with growing pauses, refusals rarely. SIGTERM and SIGINT end ' +
    'the agent and what it started; the files stay. docs/guides/agent.md explains the file.',
  arguments: [],
  options: [
    { flags: '--config <file>', description: 'a YAML file that says all of it, "-" for stdin' },
    {
      flags: '--output <type=path>',
      description: `a file to keep fresh, instead of --config: ${OUTPUT_TYPES.join(', ')}`,
      completes: OUTPUT_TYPES.map((type) => `${type}=`),
      repeatable: true,
    },
    ...EXCHANGE_OPTIONS,
    ...outputOptions('a --command that is kept running'),
    {
      flags: '--listen <address>',
      description: 'where GET /healthz answers, on loopback (default 127.0.0.1:0, printed)',
    },
    { flags: '--once', description: 'write every file once, and end: exit code 1 if one could not be written' },
  ],
  examples: [
    'cambist agent --config cambist-agent.yaml',
    'cambist agent --output token=/run/cambist/api-token --scope api:read --command "systemctl reload api"',
    'cambist agent --once --output aws=/run/cambist/aws --role arn:aws:iam::123456789012:role/deploy',
  ],
  run: work,
};

/** The exit code: 0 after a clean end, 1 if `--once` could not write everything. */
async function work(context: CommandContext): Promise<number> {
  const [{ readAgentWishes }, { runAgent, runOnce }, { machineClock: clock }, { holdEndSignals }] = await Promise.all([
    import('../agent/read-agent-file.ts'),
    import('../agent/run-agent.ts'),
    import('../agent/clock.ts'),
    import('../agent/end-signal.ts'),
  ]);
  const wishes = await readAgentWishes(context);
  const { world, output, options } = context;
  const { isOver, release } = holdEndSignals();
  try {
    const means = { world, output, clock, isOver };
    if (options.flag('once')) return (await runOnce(wishes, means)) ? 0 : 1;
    await runAgent(wishes, means);
    return 0;
  } finally {
    release();
  }
}
