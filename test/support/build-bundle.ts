// Builds the production bundle once for all tests that start the service, and removes it after the last one.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildBundle } from '../../scripts/local/bundle.ts';

/** The path of the bundle is in TEST_BUNDLE, which the processes of the tests inherit. */
export default async function setup(): Promise<() => void> {
  const directory = mkdtempSync(join(tmpdir(), 'cambist-bundle-'));
  process.env['TEST_BUNDLE'] = await buildBundle(directory);
  return () => rmSync(directory, { recursive: true, force: true });
}
