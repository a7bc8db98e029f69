// Runs a demo from its first line to its end, and takes away what it started, also when it fails or is interrupted.

import { runScript } from '../local/refusal.ts';
import { say } from './screen.ts';

/** What ends a thing that was started. */
export type CleanUp = () => void | Promise<void>;

/** Tells the story and exits; what `atEnd` was given is undone in reverse order, whatever happened. */
export async function runStory(name: string, tell: (atEnd: (undo: CleanUp) => void) => Promise<void>): Promise<void> {
  const cleanUps: CleanUp[] = [];
  const cleanUp = async (): Promise<void> => {
    for (const undo of cleanUps.splice(0).toReversed()) await undo();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => void cleanUp().finally(() => process.exit(130)));

  await runScript(name, async () => {
    const started = performance.now();
    try {
      await tell((undo) => void cleanUps.push(undo));
      say(`\nDone in ${((performance.now() - started) / 1000).toFixed(1)} s. Keep one running with \`npm start\`.`);
    } finally {
      await cleanUp();
    }
    process.exit(0);
  });
}
