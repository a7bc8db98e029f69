// A copy of the database never outlives the command that made it, however that ends (contract §8).

import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

const SCRIPT = `
import { writeFileSync } from 'node:fs';
import { withPrivateDirectory } from './src/cli/backup/private-directory.ts';
await withPrivateDirectory('cambist-test-', async (directory) => {
  writeFileSync(directory + '/export.sql', 'secret');
  console.log(directory);
  await new Promise((done) => process.stdin.once('data', done));
}).then(() => process.exit(0));
`;

async function runUntil(
  end: (child: ReturnType<typeof spawn>) => void,
): Promise<{ code: number | null; left: boolean }> {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', SCRIPT], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const directory = await new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim())),
  );
  expect(existsSync(`${directory}/export.sql`)).toBe(true);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  end(child);
  return { code: await ended, left: existsSync(directory) };
}

describe('the private directory of a command', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGQUIT', 131],
  ] as const)('is gone when %s ends it (contract §8)', async (signal, code) => {
    expect(await runUntil((child) => void child.kill(signal))).toEqual({ code, left: false });
  });

  it('is gone when its work is done (contract §8)', async () => {
    expect(await runUntil((child) => void child.stdin?.end('done\n'))).toEqual({ code: 0, left: false });
  });
});
