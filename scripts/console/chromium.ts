// Finds a Chromium, and installs Debian's when this is root on a machine that lacks it; null, with a line that says so, if there is none.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const INSTALL = 'apt-get install -y -qq --no-install-recommends chromium';

/** Where it is. */
export function findChromium(): string | null {
  const named = process.env['CHROMIUM'];
  if (named !== undefined && named !== '') return named;
  const found = PLACES.find((place) => existsSync(place));
  if (found !== undefined) return found;
  if (process.getuid?.() === 0) {
    spawnSync('sh', ['-c', `${INSTALL} || { apt-get update -qq && ${INSTALL}; }`], { stdio: 'ignore' });
  }
  return PLACES.find((place) => existsSync(place)) ?? null;
}

/** As Debian packages it and without anything that asks the network by itself. */
export const CHROMIUM_FLAGS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
