// `cambist credential …`: the credential helper of AWS, Google Cloud, docker, git, kubectl, the kubelet and Terraform.

import type { Command, CommandOption } from '../command.ts';
import { EXCHANGE_OPTIONS } from '../token/exchange-settings.ts';

const ID_TOKEN = (absent: string): CommandOption => ({
  flags: '--id-token <audience>',
  description: `the audience of the ID token (default: ${absent})`,
  repeatable: true,
});

const HOSTS: readonly CommandOption[] = [
  {
    flags: '--host <host>',
    description: 'a host that may get the token, or several in the variable, separated by spaces',
    repeatable: true,
    env: 'CAMBIST_CREDENTIAL_HOST',
  },
];
const USERNAME: CommandOption = {
  flags: '--username <name>',
  description: 'the user name beside the token',
  default: 'cambist',
};
const OPERATION = {
  name: '[operation]',
  description: 'what the tool asks for; the tool adds it',
  completes: ['get', 'store', 'erase'],
};

export const credentialCommands: readonly Command[] = [
  {
    name: 'aws',
    summary: "AWS's credential_process",
    description:
      "Prints keys of an AWS role as AWS's tools read them from credential_process: an ID token of the deployment is " +
      'exchanged with AssumeRoleWithWebIdentity. The tools keep the keys until they expire.',
    options: [
      ...EXCHANGE_OPTIONS,
      { flags: '--role <arn>', description: 'the role to assume', env: 'AWS_ROLE_ARN' },
      { flags: '--region <region>', description: 'the region of STS (default: AWS_REGION, else us-east-1)' },
      ID_TOKEN('sts.amazonaws.com'),
    ],
    arguments: [],
    examples: ['cambist credential aws --role arn:aws:iam::123456789012:role/deploy'],
    run: async (context) => await (await import('../credential/answer.ts')).answerAws(context),
  },
  {
    name: 'gcp',
    summary: "the executable of Google's external_account",
    description:
      "Prints an ID token as Google's libraries read it from the executable of an external_account (AIP-4117). They need " +
      'GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1. A failure is printed as they show it, with exit code 0.',
    options: [...EXCHANGE_OPTIONS, ID_TOKEN('the provider that the library names')],
    arguments: [],
    examples: ['cambist credential gcp'],
    run: async (context) => await (await import('../credential/answer.ts')).answerGoogle(context),
  },
  {
    name: 'docker',
    summary: 'a credential helper of docker',
    description:
      'Answers get and list of docker; erase does nothing, and store is refused: nothing is kept. Docker reads a failure from ' +
      'stdout. docker-credential-cambist is the same command.',
    options: [...EXCHANGE_OPTIONS, ...HOSTS, USERNAME],
    arguments: [OPERATION],
    examples: ['echo registry.example.com | cambist credential docker --host registry.example.com get'],
    run: async (context) => await (await import('../credential/answer.ts')).answerDocker(context),
  },
  {
    name: 'git',
    summary: 'a credential helper of git',
    description:
      'Answers get of git with a token for one of the hosts, over https only (http on loopback); other operations are ' +
      'ignored. git-credential-cambist is the same command.',
    options: [...EXCHANGE_OPTIONS, ...HOSTS, USERNAME],
    arguments: [OPERATION],
    examples: ["git config credential.helper '!cambist credential git --host git.example.com'"],
    run: async (context) => await (await import('../credential/answer.ts')).answerGit(context),
  },
  {
    name: 'kubernetes',
    summary: 'an exec plugin of kubectl',
    description:
      'Prints an ExecCredential with an ID token, in the version that KUBERNETES_EXEC_INFO names (v1 if it names none). ' +
      'Nothing is kept on disk: each kubectl exchanges once. `cambist agent` keeps a kubeconfig fresh instead.',
    options: [...EXCHANGE_OPTIONS, ID_TOKEN('kubernetes')],
    arguments: [],
    examples: ['cambist credential kubernetes --id-token kubernetes'],
    run: async (context) => await (await import('../credential/answer.ts')).answerKubernetes(context),
  },
  {
    name: 'kubelet',
    summary: "the kubelet's image credential provider",
    description:
      'Reads a CredentialProviderRequest (v1) and answers with a token for the registry of the image, if it is one of the ' +
      "hosts. It exchanges the token of the pod's service account, and is refused if the kubelet gives none.",
    options: [
      ...EXCHANGE_OPTIONS,
      ...HOSTS,
      USERNAME,
      {
        flags: '--allow-node-identity',
        description:
          'without a token of the pod, exchange the one that this node has: every pod may then pull as the node',
      },
    ],
    arguments: [],
    examples: ['cambist credential kubelet --host registry.example.com < request.json'],
    run: async (context) => await (await import('../credential/answer.ts')).answerKubelet(context),
  },
  {
    name: 'terraform',
    summary: 'a credentials helper of Terraform',
    description:
      'Answers get HOST of Terraform and OpenTofu; another host gets an empty object. store and forget are refused: nothing ' +
      'is kept. terraform-credentials-cambist is the same command.',
    options: [...EXCHANGE_OPTIONS, ...HOSTS],
    arguments: [{ name: '[operation...]', description: 'what the tool asks for; the tool adds it' }],
    examples: ['cambist credential terraform --host registry.example.com get registry.example.com'],
    run: async (context) => await (await import('../credential/answer.ts')).answerTerraform(context),
  },
];
