// `cambist report`: which trust can be taken away, with the narrowest rules that the recorded grants need; applies one if it is told to.

import { FINDING_CODES } from '../../objects/trust-report.ts';
import type { IdentityTrustView } from '../../objects/trust-report.ts';
import type { CommandBody, CommandContext } from '../command.ts';
import { YES } from '../confirm.ts';
import { usageFailure } from '../failure.ts';

export const reportCommand: CommandBody = {
  description:
    'Asks the deployment what of its trust can be taken away: rules that never matched, are unused, too broad, useless beside another, or give what nobody needs. ' +
    'Of each rule it prints the narrowest one that its recorded grants need, which the deployment has tried on those grants. What is most worth doing comes first. ' +
    'Changes nothing, unless --apply names a rule; with --shadow the narrower rule is added beside it as a shadow rule, which grants nothing and records what it would have granted. ' +
    'Needs the scope iam:read. Exits 1 if a rule has a finding that --fail-on names.',
  options: [
    { flags: '--service-account <id or slug>', description: 'of this service account', completes: 'service-accounts' },
    { flags: '--identity <id>', description: 'of this federated identity only', completes: 'identity-ids' },
    {
      flags: '--fail-on <code>',
      description: 'exit 1 if a rule has this finding; "any" is every one',
      choices: [...FINDING_CODES, 'any'],
      repeatable: true,
    },
    {
      flags: '--format <format>',
      description: 'print what cambist export prints, with every proposal in it: for cambist apply, or for Terraform',
      choices: ['yaml', 'hcl'],
    },
    {
      flags: '--apply <id>',
      description: 'change this federated identity as proposed; asks first',
      completes: 'identity-ids',
    },
    { flags: '--shadow', description: 'with --apply: leave it as it is, and add the narrower rule as a shadow rule' },
    YES,
  ],
  arguments: [],
  examples: [
    'cambist report',
    'cambist report --fail-on unused --fail-on over_broad',
    'cambist report --apply fid_01m7y3kgxtf6bvdfeehefwbvha --shadow',
    'cambist report --format yaml > cambist.yaml',
  ],
  run: report,
};

/** Prints the report or what it proposes, or applies one proposal; 1 if there is a finding that `--fail-on` names. */
async function report(context: CommandContext): Promise<number> {
  const { options, output } = context;
  const applied = options.text('apply');
  const format = options.text('format');
  const failing = options.list('fail-on');
  if (applied === undefined && options.flag('shadow')) throw usageFailure('--shadow goes with --apply.');
  if (applied !== undefined) {
    const beside = ['service-account', 'identity', 'format'].filter((name) => options.text(name) !== undefined);
    const [other] = [...beside, ...(failing.length === 0 ? [] : ['fail-on'])];
    if (other !== undefined) throw usageFailure(`--apply goes without --${other}.`);
    return await (await import('../report/apply-proposal.ts')).applyProposal(applied, context);
  }
  if (format !== undefined && output.isJson) throw usageFailure('--json is the report itself, not a --format of it.');
  const api = await context.api();
  const { readReport } = await import('../report/read-report.ts');
  const whole = await readReport(api, {
    serviceAccount: options.text('service-account'),
    identity: options.text('identity'),
  });
  if (format === undefined) {
    const { showReport } = await import('../report/show-report.ts');
    output.data(whole, () => showReport(whole, output));
  } else {
    const { writeProposals } = await import('../report/write-proposals.ts');
    output.raw(await writeProposals(whole, format === 'hcl' ? 'hcl' : 'yaml', api));
  }
  const found = whole.identities.filter((identity) => hasFinding(identity, failing));
  if (found.length > 0) output.warn(`${found.length} of ${whole.identities.length} rules have a finding of --fail-on.`);
  return found.length > 0 ? 1 : 0;
}

function hasFinding({ findings }: IdentityTrustView, codes: readonly string[]): boolean {
  return findings.some(({ code }) => codes.includes(code) || codes.includes('any'));
}
