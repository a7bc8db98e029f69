// `npm run check:helpers [-- docker]`: the packed command line, installed as users have it, answers the real tools with the blocks of the guide.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startDeployment } from './credential-helpers/deployment.ts';
import { blockOf, sectionsNobodyRuns } from './credential-helpers/guide.ts';
import { openLab } from './credential-helpers/lab.ts';
import type { Lab } from './credential-helpers/lab.ts';
import { startNetwork } from './credential-helpers/network.ts';
import { LeftOut } from './credential-helpers/tool.ts';
import type { Proof } from './credential-helpers/tool.ts';
import { TOOLS } from './credential-helpers/tools.ts';
import { executableProofs, leftBehindProofs } from './credential-helpers/tools/executables.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename, null);

let failed = 0;
const wanted = process.argv[2];
// The space is on purpose.
const directory = mkdtempSync(join(tmpdir(), 'cambist helpers '));
try {
  const network = await startNetwork(directory);
  const deployment = await startDeployment(join(directory, 'state'));
  try {
    const lab = await openLab(directory, deployment, network);
    try {
      await proveAll(lab);
    } finally {
      await lab.close();
    }
  } finally {
    await deployment.stop();
    await network.stop();
  }
} catch (error) {
  show('credential helpers', error);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;

async function proveAll(lab: Lab): Promise<void> {
  for (const section of sectionsNobodyRuns(TOOLS.map((tool) => tool.section)))
    show(`guide: the block under "${section}" is run`, new Error('no tool of the check has this section'));
  for (const tool of TOOLS) {
    if (wanted !== undefined && tool.name !== wanted) continue;
    try {
      await proveEach(tool.name, await tool.prepare(lab, blockOf(tool.section)));
    } catch (error) {
      show(tool.name, error);
    }
  }
  if (wanted === undefined) await proveEach('executables', executableProofs(lab));
  await proveEach('secrets', leftBehindProofs(lab));
}

async function proveEach(name: string, proofs: readonly Proof[]): Promise<void> {
  for (const { says, prove } of proofs) {
    const line = `${name}: ${says}`;
    try {
      await prove();
      console.log(`ok ${line}`);
    } catch (error) {
      show(line, error);
    }
  }
}

function show(line: string, error: unknown): void {
  if (error instanceof LeftOut) {
    console.log(`left out ${line}: ${error.message}`);
    return;
  }
  failed += 1;
  console.log(`FAILED ${line}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
}
