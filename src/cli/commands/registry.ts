// Every command there is, in the order of the help, with its line in it; what a command does is loaded when it is used.

import type { Command, CommandBody, CommandEntry } from '../command.ts';

export const COMMANDS: readonly CommandEntry[] = [
  group(
    'bootstrap',
    'trust a platform: issuer, service account, role, rule, and the CI configuration to paste',
    async () => (await import('../bootstrap/commands.ts')).bootstrapCommands,
  ),
  command(
    'token',
    'exchange the ID token of this workload for a token of the deployment',
    async () => (await import('./token.ts')).tokenCommand,
  ),
  command(
    'exec',
    'run a command with a token, and revoke it at the end',
    async () => (await import('./exec.ts')).execCommand,
  ),
  command('agent', 'keep tokens and credentials fresh in files', async () => (await import('./agent.ts')).agentCommand),
  group(
    'credential',
    'answer AWS, Google Cloud, docker, git, kubectl, the kubelet and Terraform in their own protocols',
    async () => (await import('./credential.ts')).credentialCommands,
  ),
  command(
    'detect',
    'show which platform this is and where its ID token comes from',
    async () => (await import('./detect.ts')).detectCommand,
  ),
  group(
    'trust',
    'print what AWS, Google Cloud, Azure, Vault or Kubernetes needs to trust a service account',
    async () => (await import('./trust.ts')).trustCommands,
  ),
  command(
    'explain',
    'say why a token is accepted or refused, check by check',
    async () => (await import('./explain.ts')).explainCommand,
  ),
  command('decode', 'show what a token says, offline', async () => (await import('./decode.ts')).decodeCommand),
  command(
    'doctor',
    'look for what is wrong with a deployment, its keys and its issuers',
    async () => (await import('./doctor.ts')).doctorCommand,
  ),
  command(
    'report',
    'say which trust can be taken away, and the narrowest rules that do',
    async () => (await import('./report.ts')).reportCommand,
  ),
  command('apply', 'make the deployment as a file declares it', async () => (await import('./apply.ts')).applyCommand),
  command('plan', 'show what apply would change', async () => (await import('./plan.ts')).planCommand),
  command('test', 'run the tests of a file, offline', async () => (await import('./test.ts')).testCommand),
  command(
    'export',
    'write what is there as the file that apply reads',
    async () => (await import('./export.ts')).exportCommand,
  ),
  group(
    'providers',
    'identity providers: the issuers whose tokens are trusted',
    async () => await commandsOf('PROVIDERS'),
  ),
  group(
    'service-accounts',
    'service accounts: whom workloads may act as',
    async () => await commandsOf('SERVICE_ACCOUNTS', true),
  ),
  group(
    'identities',
    'federated identities: the rules that join a subject to a service account',
    async () => await commandsOf('IDENTITIES', true),
  ),
  group('roles', 'roles: what their holders may do, and who holds them', async () => [
    ...(await commandsOf('ROLES')),
    ...(await import('../objects/role-commands.ts')).roleCommands,
  ]),
  command('audit', 'list or follow audit events', async () => (await import('./audit.ts')).auditCommand, [
    [
      'verify',
      'check that no archived audit event is missing or changed',
      async () => (await import('./audit-verify.ts')).auditVerifyCommand,
    ],
  ]),
  group('keys', 'signing keys: generate, list, rotate', async () => [
    (await import('./keys-generate.ts')).keysGenerateCommand,
    (await import('./keys-list.ts')).keysListCommand,
    (await import('./keys-rotate.ts')).keysRotateCommand,
  ]),
  command(
    'backup',
    'write the database of a deployment to a file',
    async () => (await import('./backup.ts')).backupCommand,
  ),
  command(
    'restore',
    'take a backup back, or make a database safe that was taken back',
    async () => (await import('./restore.ts')).restoreCommand,
  ),
  group(
    'deployments',
    'deployments by name: add, list, use, remove',
    async () => (await import('./deployments.ts')).deploymentCommands,
  ),
  group(
    'completion',
    'print the completion script of bash, zsh or fish',
    async () => (await import('./completion.ts')).completionCommands,
  ),
  command('me', 'show who the credential is and what it may do', async () => (await import('./me.ts')).meCommand),
];

type Below = readonly [name: string, summary: string, load: () => Promise<CommandBody>];

/** A command, and those that are named behind it. */
function command(
  name: string,
  summary: string,
  load: () => Promise<CommandBody>,
  below: readonly Below[] = [],
): CommandEntry {
  const all: readonly Below[] = [
    [name, summary, load],
    ...below.map(([word, ...rest]): Below => [`${name} ${word}`, ...rest]),
  ];
  return {
    kind: 'command',
    name,
    summary,
    load: async () =>
      await Promise.all(all.map(async ([name, summary, load]) => ({ name, summary, ...(await load()) }))),
  };
}

function group(name: string, summary: string, load: () => Promise<readonly Command[]>): CommandEntry {
  return { kind: 'group', name, summary, load };
}

/** The commands that are made of the description of a kind of object; the tokens of some can be ended. */
async function commandsOf(
  kind: 'PROVIDERS' | 'SERVICE_ACCOUNTS' | 'IDENTITIES' | 'ROLES',
  hasTokens = false,
): Promise<readonly Command[]> {
  const [{ objectCommands }, resources, { revokeTokensCommand }] = await Promise.all([
    import('../objects/object-commands.ts'),
    import('../objects/resources.ts'),
    import('../objects/revoke-tokens.ts'),
  ]);
  const resource = resources[kind];
  return [...objectCommands(resource), ...(hasTokens ? [revokeTokensCommand(resource)] : [])];
}
