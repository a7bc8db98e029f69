// `npm run check:mcp`: compiles examples/mcp against the official MCP SDK and runs it whole; one line for each: ok, FAILED or left out.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { installExample } from './demo/example-packages.ts';
import { ROOT } from './local/bundle.ts';
import { Refusal } from './local/refusal.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename, null);

/** Milliseconds for one of them; together they take about ten seconds. */
const TIMEOUT_MS = 120_000;
const CHECKS = {
  'MCP: the example compiles against the SDK': [join(ROOT, 'node_modules/.bin/tsc'), '-p', 'examples/mcp'],
  'MCP: an agent finds its token and uses the tools, and others are refused': [process.execPath, 'scripts/demo-mcp.ts'],
} as const;

const passed = isInstalled() ? Object.entries(CHECKS).map(([name, command]) => passes(name, command)) : [];
process.exitCode = passed.includes(false) ? 1 : 0;

function isInstalled(): boolean {
  try {
    installExample('mcp');
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.log(`left out MCP: ${error.message}`);
    return false;
  }
}

function passes(name: string, [program, ...options]: readonly [string, ...string[]]): boolean {
  const { status, stdout, stderr } = spawnSync(program, options, { cwd: ROOT, encoding: 'utf8', timeout: TIMEOUT_MS });
  if (status !== 0) console.log(`${stdout}${stderr}`.trim());
  console.log(`${status === 0 ? 'ok' : 'FAILED'} ${name}`);
  return status === 0;
}
