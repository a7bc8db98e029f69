// `cambist trust <cloud>`: their options and help; the texts are in ../trust/.

import type { Command, CommandContext, CommandOption } from '../command.ts';
import type { TrustFormat } from '../trust/trust.ts';

type Print = (context: CommandContext, format: TrustFormat) => Promise<string>;

const COMMON: readonly CommandOption[] = [
  {
    flags: '--service-account <id>',
    description: 'the account to trust: its id, or its slug, which is looked up',
    env: 'CAMBIST_SERVICE_ACCOUNT',
    completes: 'service-accounts',
  },
  {
    flags: '--project <project>',
    description: 'trust its tokens for this project of the deployment only',
    env: 'CAMBIST_PROJECT',
  },
  { flags: '--audience <audience>', description: 'the audience to trust; absent means the usual one of the cloud' },
  {
    flags: '--format <format>',
    description: 'what to print',
    choices: ['commands', 'json', 'hcl'],
    default: 'commands',
  },
];
const ACCOUNT = 'sa_01h45ytscbebyvny4gc8cr8ma2';

function trustCommand(
  name: string,
  title: string,
  json: string,
  own: readonly CommandOption[],
  example: string,
  load: () => Promise<Print>,
): Command {
  return {
    name,
    summary: `print the trust of ${title} in this deployment`,
    description:
      `Prints what makes ${title} accept ID tokens of one service account: its exact subject, an exact audience, and the ` +
      `deployment as issuer. As commands to paste, as JSON (${json}) or as Terraform. Changes nothing and shows no secret. ` +
      'The rules of the account must allow the audience (tokenAudiences): with a credential, the commands that are missing for it are printed, too.',
    arguments: [],
    options: [...COMMON, ...own],
    examples: [`cambist trust ${name} --service-account ${ACCOUNT}${example}`],
    run: async (context) => {
      const print = await load();
      const format = context.output.isJson ? 'json' : context.options.text('format');
      context.output.raw(await print(context, format as TrustFormat));
    },
  };
}

export const trustCommands: readonly Command[] = [
  trustCommand(
    'aws',
    'an AWS role',
    'the trust policy of the role',
    [
      { flags: '--role <name>', description: 'the name of the role', default: 'cambist' },
      { flags: '--account <number>', description: 'the AWS account; needed for JSON' },
    ],
    ' --role deploy',
    async () => (await import('../trust/aws.ts')).trustAws,
  ),
  trustCommand(
    'gcp',
    'Google Cloud',
    'the provider of the pool',
    [
      { flags: '--gcp-project <id>', description: 'the Google project' },
      { flags: '--gcp-project-number <number>', description: 'its number' },
      {
        flags: '--gcp-service-account <address>',
        description: 'the Google service account to act as; absent means none',
      },
      { flags: '--pool <id>', description: 'the workload identity pool', default: 'cambist-pool' },
      { flags: '--provider <id>', description: 'the provider in the pool', default: 'cambist' },
    ],
    ' --gcp-project acme-prod --gcp-project-number 123456789012',
    async () => (await import('../trust/gcp.ts')).trustGcp,
  ),
  trustCommand(
    'azure',
    'an Entra ID application',
    'the federated credential',
    [
      { flags: '--application <client id>', description: 'the application' },
      { flags: '--tenant <id>', description: 'the tenant, for the lines of the pipeline' },
      { flags: '--name <name>', description: 'the name of the federated credential', default: 'cambist' },
    ],
    ' --application 3f2504e0-4f89-41d3-9a0c-0305e82c3301',
    async () => (await import('../trust/azure.ts')).trustAzure,
  ),
  trustCommand(
    'vault',
    'HashiCorp Vault or OpenBao',
    'the role',
    [
      {
        flags: '--vault-address <url>',
        description: 'the address of Vault, which is also the default audience',
        env: 'VAULT_ADDR',
      },
      { flags: '--mount <path>', description: 'the path of the auth method', default: 'cambist' },
      { flags: '--role <name>', description: 'the name of the role', default: 'cambist' },
      { flags: '--policies <names>', description: 'its policies, separated by commas', default: 'default' },
    ],
    ' --vault-address https://vault.example.com --policies deploy',
    async () => (await import('../trust/vault.ts')).trustVault,
  ),
  trustCommand(
    'kubernetes',
    'a Kubernetes API server',
    'the AuthenticationConfiguration',
    [
      { flags: '--cluster-role <name>', description: 'the ClusterRole to bind', default: 'view' },
      { flags: '--namespace <name>', description: 'bind it in this namespace only' },
    ],
    ' --cluster-role edit --namespace payments',
    async () => (await import('../trust/kubernetes.ts')).trustKubernetes,
  ),
];
