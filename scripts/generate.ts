// `npm run generate`: writes every generated file anew; with `--check` it writes nothing and fails if one is out of date.

import { firstMigration } from './first-migration.ts';
import { captureWrangler } from './local/bundle.ts';
import { Refusal, runScript } from './local/refusal.ts';
import { ciPages } from './generate-ci-pages.ts';
import { fileSchemas } from './generate-file-schemas.ts';
import { buildAction } from './build-action.ts';
import { writeApiReference } from './generate-api.ts';
import { cliPage } from './generate-cli.ts';
import { goTypes } from './generate-go.ts';
import { writeKubernetes } from './generate-kubernetes.ts';
import { platformIndexes } from './generate-platform-indexes.ts';
import { platformsPage } from './generate-platforms.ts';
import { fillTemplates } from './generate-templates.ts';
import { terraformObjects } from './generate-terraform.ts';
import { supplyChainPage } from './generate-supply-chain.ts';
import { conformanceTable } from './traceability.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename, ['--check']);

await runScript('generate', async () => {
  const check = process.argv.includes('--check');
  const stale: string[] = [];
  const types = await captureWrangler([
    'types',
    '--strict-vars=false',
    '--include-runtime=false',
    '--env-file=.dev.vars.example',
    ...(check ? ['--check'] : []),
  ]);
  if (types.code !== 0) stale.push(`worker-configuration.d.ts\n${types.output}`);
  if (!firstMigration(check)) stale.push('migrations/0001_initial.sql');
  if (!conformanceTable(check)) stale.push('test/conformance/README.md');
  stale.push(...platformIndexes(check));
  if (!platformsPage(check)) stale.push('docs/platforms.md');
  const drift = await supplyChainPage(check);
  if (drift.length > 0) stale.push(`docs/supply-chain.md (${drift.join('; ')})`);
  if (!(await cliPage(check))) stale.push('docs/cli.md');
  stale.push(...fileSchemas(check));
  stale.push(...ciPages(check));
  stale.push(...writeApiReference(check));
  stale.push(...terraformObjects(check));
  stale.push(...goTypes(check));
  stale.push(...(await buildAction(check)));
  stale.push(...fillTemplates(check));
  stale.push(...writeKubernetes(check));
  if (stale.length > 0) throw new Refusal(`out of date, run \`npm run generate\`: ${stale.join(', ')}`);
});
