// Asks the person at the terminal one question, on stderr, so that the answer of the command stays alone on stdout.

import { createInterface } from 'node:readline/promises';

/** The answer, as it was typed; empty if the person ends the input or interrupts instead. */
export async function askOnTerminal(question: string): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const ended = new Promise<string>((resolve) => void prompt.once('close', () => resolve('')));
    return await Promise.race([prompt.question(question), ended]);
  } finally {
    prompt.close();
  }
}
