// `npm run check-release -- v1.2.3`: fails unless the tag, the published packages' manifests and CHANGELOG.md name one version.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './local/bundle.ts';
import { Refusal, runScript } from './local/refusal.ts';
import { releaseFaults } from './release/agreement.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename, null);

const MANIFESTS = ['packages/sdk/package.json', 'packages/cli/package.json'];

await runScript('check-release', async () => {
  const [tag] = process.argv.slice(2);
  if (tag === undefined) throw new Refusal('which tag? npm run check-release -- v1.2.3');
  const versions = Object.fromEntries(MANIFESTS.map((file) => [file, versionIn(file)]));
  const faults = releaseFaults(tag, versions, readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'));
  if (faults.length > 0) throw new Refusal(faults.join('\n'));
  console.log(`${tag}: tag, manifests and CHANGELOG agree`);
});

function versionIn(file: string): string {
  const { version }: { version?: unknown } = JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
  return typeof version === 'string' ? version : '(none)';
}
