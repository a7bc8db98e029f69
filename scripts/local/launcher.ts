// Notices when the npm that started this script was killed, so that no server stays behind unseen. Starts and ends nothing itself.

import { findProcess, isRunning } from './processes.ts';
import type { ProcessStamp } from './processes.ts';

const WATCH_EVERY_MS = 500;

/** Remembers npm, and the shell it puts in between, if npm started this script; a script started by hand has no launcher to watch. */
export function watchLauncher(): { onGone(react: () => void): void } {
  const chain = process.env['npm_lifecycle_event'] === undefined ? [] : ancestors(2);
  return {
    onGone: (react) => {
      if (chain.length === 0) return;
      const watch = setInterval(() => {
        if (chain.every(isRunning)) return;
        clearInterval(watch);
        react();
      }, WATCH_EVERY_MS);
      watch.unref();
    },
  };
}

/** The nearest ancestors up to npm itself: `npm start` is a node process named after its command line. */
function ancestors(depth: number): ProcessStamp[] {
  const chain: ProcessStamp[] = [];
  for (let pid = process.ppid; chain.length < depth && pid > 1;) {
    const stamp = findProcess(pid);
    if (stamp === null) break;
    chain.push(stamp);
    if (!/^(?:sh|bash|dash|zsh)$/.test(stamp.name)) break;
    pid = stamp.parentPid;
  }
  return chain;
}
