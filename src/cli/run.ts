// One run of the command line: parse, call the handler, print a failure, choose the exit code (0, 1 failure, 2 usage).

import type { Api } from './api.ts';
import type { World } from './command.ts';
import { CliFailure, usageFailure } from './failure.ts';
import { secretConcealer } from './conceal-secrets.ts';
import { createOutput } from './output.ts';
import { packageVersion } from './package-version.ts';
import { readSettings } from './settings.ts';

/** What the scripts of `cambist completion` call; it is in no help. */
const LOOK_UP = '__complete';

/** Runs `cambist` with these arguments in this world; resolves with the exit code. */
export async function runCli(argv: readonly string[], world: World): Promise<number> {
  const beforeSeparator = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const output = createOutput(world, world.env, beforeSeparator.includes('--json'), secretConcealer(argv, world.env));
  if (argv[0] === LOOK_UP) {
    await (await import('./completion/look-up.ts')).answerShell(argv.slice(1), world);
    return 0;
  }
  try {
    const [{ COMMANDS }, { parseCommandLine }] = await Promise.all([
      import('./commands/registry.ts'),
      import('./program.ts'),
    ]);
    const outcome = await parseCommandLine(argv, COMMANDS, packageVersion);
    if (outcome.kind === 'help') {
      world.stdout.write(outcome.text);
      return 0;
    }
    if (outcome.kind === 'usage') throw usageFailure(outcome.message, outcome.next);
    const { command, arguments: given, options } = outcome.parsed;
    const settings = await readSettings(
      {
        url: options.text('url'),
        deployment: options.text('deployment'),
        tokenFile: options.text('token-file'),
        organisation: options.text('organisation'),
      },
      world,
    );
    const api = async (): Promise<Api> => await (await import('./api.ts')).createApi(settings, world);
    return (await command.run({ arguments: given, options, settings, output, world, api })) ?? 0;
  } catch (error) {
    const failure = error instanceof CliFailure ? error : bug(error);
    output.failure(failure);
    return failure.details.exitCode ?? 1;
  }
}

function bug(error: unknown): CliFailure {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return new CliFailure(`A bug in cambist: ${message}`, {
    code: 'bug',
    ...(stack === undefined ? {} : { next: stack.slice(stack.indexOf('\n') + 1) }),
  });
}
