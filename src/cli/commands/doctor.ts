// `cambist doctor`: looks at a deployment from outside, at its keys and at its issuers; changes nothing.

import type { CommandBody, CommandContext } from '../command.ts';
import type { Finding, Tell } from '../doctor/finding.ts';
import type { Output } from '../output.ts';

export const doctorCommand: CommandBody = {
  description:
    'Checks that the deployment answers, is ready, is the issuer it says it is, publishes its keys and agrees about the time. With a credential also its signing keys, and each issuer as the deployment sees it. ' +
    'Every check has a verdict, and what mends it. Exits 1 if one failed.',
  options: [{ flags: '--issuer <id or name>', description: 'of the issuers only this one' }],
  arguments: [],
  examples: ['cambist doctor', 'cambist doctor --issuer GitHub'],
  run: examine,
};

/** Runs every check; 1 if one failed. */
async function examine(context: CommandContext): Promise<number> {
  const { output, settings, world } = context;
  const findings: Finding[] = [];
  const tell: Tell = (check, verdict, detail, advice = null) => {
    const finding = { check, verdict, detail, advice };
    findings.push(finding);
    showFinding(finding, output);
  };
  const [{ checkDeployment }, { checkInside }] = await Promise.all([
    import('../doctor/check-deployment.ts'),
    import('../doctor/check-inside.ts'),
  ]);
  const url = settings.url();
  output.line(output.paint('bold', `Deployment ${url}`));
  const isThere = await checkDeployment(url, world, tell);
  if (isThere) await checkInside(context, tell);
  const failed = findings.filter(({ verdict }) => verdict === 'failed').length;
  output.data({ url, findings, failed }, () => {
    output.line();
    output.line(failed === 0 ? 'Nothing is wrong.' : `${failed} ${failed === 1 ? 'check' : 'checks'} failed.`);
  });
  return failed === 0 ? 0 : 1;
}

function showFinding({ check, verdict, detail, advice }: Finding, output: Output): void {
  const mark = {
    ok: output.paint('green', '✔'),
    warning: output.paint('yellow', '⚠'),
    failed: output.paint('red', '✖'),
    skipped: output.paint('dim', '–'),
  }[verdict];
  output.line(`${mark} ${check.padEnd(14)} ${detail}`);
  if (advice !== null) output.line(advice.split('\n').map((line) => `${' '.repeat(17)}${line}`));
}
