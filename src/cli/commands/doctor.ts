// `cambist doctor`: looks at a deployment from outside, at its keys and at its issuers; changes nothing.

import type { CommandBody, CommandContext } from '../command.ts';
import type { Finding, Tell } from '../doctor/finding.ts';
import type { Output } from '../output.ts';

export const doctorCommand: CommandBody = {
  description:
    'Checks a deployment in the order in which an operator would: that it answers and agrees about the time, that every setting and every migration is in place, that it is the issuer it says it is and publishes its keys. With a credential also who administers it, its signing keys, the size of its database, its archive, what it refused lately, and each issuer as the deployment sees it. ' +
    'Every line has a verdict and the command that comes next. Exits 1 if a check failed, 0 if nothing is worse than a warning.',
  options: [{ flags: '--issuer <id or name>', description: 'of the issuers only this one', completes: 'providers' }],
  arguments: [],
  examples: ['cambist doctor', 'cambist doctor --issuer GitHub'],
  run: examine,
};

/** Runs every check; 1 if one failed. */
async function examine(context: CommandContext): Promise<number> {
  const { output, settings, world } = context;
  const url = settings.url();
  const findings: Finding[] = [];
  const tell: Tell = (
    check,
    verdict,
    detail,
    advice = null,
    showsMore = SHOWS_MORE[check] ?? 'cambist doctor --json',
  ) => {
    const finding = { check, verdict, detail, advice, next: nextCommand(advice, showsMore, url) };
    findings.push(finding);
    showFinding(finding, output);
  };
  const [{ checkDeployment }, { checkInside }, { nextCommand, SHOWS_MORE }] = await Promise.all([
    import('../doctor/check-deployment.ts'),
    import('../doctor/check-inside.ts'),
    import('../doctor/finding.ts'),
  ]);
  output.line(output.paint('bold', `Deployment ${url}`));
  const isThere = await checkDeployment(url, world, tell);
  if (isThere) await checkInside(context, tell);
  const failed = numberOf(findings, 'failed');
  const warnings = numberOf(findings, 'warning');
  output.data({ url, findings, failed, warnings }, () => {
    output.line();
    const noted = warnings === 0 ? '' : ` ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.`;
    output.line(
      `${failed === 0 ? 'Nothing is wrong.' : `${failed} ${failed === 1 ? 'check' : 'checks'} failed.`}${noted}`,
    );
  });
  return failed === 0 ? 0 : 1;
}

function numberOf(findings: readonly Finding[], verdict: Finding['verdict']): number {
  return findings.filter((finding) => finding.verdict === verdict).length;
}

/** A line with its verdict and the command that comes next; below it what mends it. */
function showFinding({ check, verdict, detail, advice, next }: Finding, output: Output): void {
  const mark = {
    ok: output.paint('green', '✔'),
    warning: output.paint('yellow', '⚠'),
    failed: output.paint('red', '✖'),
    skipped: output.paint('dim', '–'),
  }[verdict];
  // What advice names is not said twice.
  const shown = advice?.includes(next) === true ? '' : output.paint('dim', `  → ${next}`);
  output.line(`${mark} ${check.padEnd(14)} ${detail}${shown}`);
  if (advice !== null) output.line(advice.split('\n').map((line) => `${' '.repeat(17)}${line}`));
}
