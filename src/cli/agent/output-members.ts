// What an output of the agent is made of: its types, its members, and which type takes which; data for the reader, the schema and the guide.

export const OUTPUT_TYPES = ['token', 'id-token', 'aws', 'gcp', 'kubeconfig', 'docker-config', 'template'] as const;
export type OutputType = (typeof OUTPUT_TYPES)[number];

/** What each type is, for the schema and the guide. */
export const TYPE_SENTENCES: Readonly<Record<OutputType, string>> = {
  token: 'the access token alone',
  'id-token': 'an ID token of the deployment alone',
  aws: 'a shared credentials file of AWS with keys of a role',
  gcp: 'an external_account configuration of Google Cloud; the ID token that it names lies beside it',
  kubeconfig: 'a user of kubectl with an ID token, and the cluster if `server` names it',
  'docker-config': 'a config.json of docker with the access token as password',
  template: 'a text of yours with the token in it',
};

export interface OutputMember {
  /** `texts` is one text or a list of them. */
  readonly kind: 'text' | 'texts' | 'mode' | 'command';
  /** The types that take it. */
  readonly types: readonly OutputType[];
  /** The types that need it. */
  readonly required?: readonly OutputType[];
  readonly description: string;
}

export const OUTPUT_MEMBERS = {
  type: { kind: 'text', types: OUTPUT_TYPES, required: OUTPUT_TYPES, description: 'What is written.' },
  path: {
    kind: 'text',
    types: OUTPUT_TYPES,
    required: OUTPUT_TYPES,
    description: 'Where it is written; a directory that is missing is made.',
  },
  scope: {
    kind: 'texts',
    types: ['token', 'docker-config', 'template'],
    description: 'The scopes to ask for; absent means all that are allowed.',
  },
  audience: {
    kind: 'texts',
    types: OUTPUT_TYPES,
    required: ['id-token', 'gcp'],
    description:
      'Who the token is for. For aws the default is sts.amazonaws.com, for kubeconfig kubernetes; for gcp it is the name of the pool provider, //iam.googleapis.com/projects/….',
  },
  role: {
    kind: 'text',
    types: ['aws', 'gcp'],
    required: ['aws'],
    description: 'The ARN of the role of AWS; for gcp the e-mail address of the Google service account to act as.',
  },
  region: { kind: 'text', types: ['aws'], description: 'The region of AWS; absent means that of AWS_REGION.' },
  registry: {
    kind: 'texts',
    types: ['docker-config'],
    required: ['docker-config'],
    description: 'The registries that may have the token, as registry.example.com or host:port.',
  },
  template: {
    kind: 'text',
    types: ['template'],
    required: ['template'],
    description:
      'The text itself if it has a place such as {{ token }} in it, else the path of a file with the text. The places are token or idToken, expiresAt, expiresAtSeconds and scope.',
  },
  server: { kind: 'text', types: ['kubeconfig'], description: 'The address of the API server, https.' },
  certificateAuthority: {
    kind: 'text',
    types: ['kubeconfig'],
    description: 'The path of the certificates that the API server is checked by.',
  },
  namespace: { kind: 'text', types: ['kubeconfig'], description: 'The namespace that kubectl works in.' },
  mode: {
    kind: 'mode',
    types: OUTPUT_TYPES,
    description: 'Who may read it, as octal digits; default 0600. The group may be let in, others never.',
  },
  command: {
    kind: 'command',
    types: OUTPUT_TYPES,
    description:
      'What runs after each change: a list of words, or a line for the shell. With `signal` and no `pidFile` it is started once and gets the signal at each change.',
  },
  signal: {
    kind: 'text',
    types: OUTPUT_TYPES,
    description:
      'The signal at each change, such as HUP: for the process of `pidFile`, else for `command`, else for the command of `cambist exec`.',
  },
  pidFile: { kind: 'text', types: OUTPUT_TYPES, description: 'The file with the number of the process to signal.' },
} as const satisfies Readonly<Record<string, OutputMember>>;

export type OutputMemberName = keyof typeof OUTPUT_MEMBERS;

/** The members of the file beside `outputs`; each is a text. */
export const FILE_MEMBERS = {
  $schema: 'The schema of this file, for editors.',
  url: 'The deployment: its ISSUER_URL.',
  serviceAccount: 'The service account to act as: its id, or its slug in the organisation.',
  organisation: 'The organisation, by id or slug.',
  project: 'The project to act in.',
  lifetime: 'How long tokens should live: seconds, or a duration such as 30m.',
  source: 'Where the ID token comes from, as `cambist detect` names it; absent means that it is detected.',
  idTokenAudience: 'The audience to ask the platform for; absent means the address of the deployment.',
  listen: 'Where GET /healthz answers: an address of loopback and a port; default 127.0.0.1:0.',
} as const;

export type FileMemberName = keyof typeof FILE_MEMBERS;
