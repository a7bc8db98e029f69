// Asks the person at the terminal one question, on stderr, so that the answer of the command stays alone on stdout.

import { createInterface } from 'node:readline/promises';

/** The answer, as it was typed. */
export async function askOnTerminal(question: string): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await prompt.question(question);
  } finally {
    prompt.close();
  }
}
