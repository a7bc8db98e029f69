// How the demo looks on a terminal: numbered steps, aligned facts, colour only if there is a terminal to show it.

import { styleText } from 'node:util';

const WIDTH = 18;
let step = 0;

function style(format: Parameters<typeof styleText>[0], text: string): string {
  // styleText leaves colour out by itself if the stream is no terminal or NO_COLOR is set.
  return styleText(format, text, { stream: process.stdout });
}

/** A new step of the story. */
export function heading(text: string): void {
  step += 1;
  console.log(`\n${style('bold', `${step}. ${text}`)}`);
}

/** One fact below the step. */
export function fact(name: string, value: string): void {
  console.log(`   ${style('dim', name.padEnd(WIDTH))} ${value}`);
}

/** Something that was checked and held. */
export function passed(text: string): void {
  console.log(`   ${style('green', '✓')} ${text}`);
}

/** A refusal, as someone sees it. */
export function refused(name: string, value: string): void {
  console.log(`   ${style('red', '✗')} ${style('dim', name.padEnd(WIDTH - 2))} ${value}`);
}

/** A line outside the steps. */
export function say(text: string): void {
  console.log(text);
}
