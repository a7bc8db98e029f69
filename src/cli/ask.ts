// Asks the person at the terminal one question; loaded only where somebody sits there.

import { createInterface } from 'node:readline/promises';

/** The answer, as it was typed. */
export async function askOnTerminal(question: string): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await prompt.question(question);
  } finally {
    prompt.close();
  }
}
