// What a script cannot do and says so in one sentence; anything else that is thrown is a bug and keeps its stack.

/** An expected failure of a script: the message is for the person at the terminal and says what to do next. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** 1 for a failure, 2 for a wrong use. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs a script's main function; a Refusal is printed as its message and exits with its code, any other failure with 1. */
export async function runScript(name: string, main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const refusal = error instanceof Refusal ? error : wrongOption(error);
    console.error(refusal === null ? error : `${name}: ${refusal.message}`);
    process.exit(refusal?.exitCode ?? 1);
  }
}

/** What `parseArgs` of node:util throws of options that a script does not have; null for anything else. */
export function wrongOption(error: unknown): Refusal | null {
  if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_'))) return null;
  const [message = ''] = error.message.split('. ');
  return new Refusal(message.replace(/\.$/, ''), 2);
}
