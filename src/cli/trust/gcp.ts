// The trust of Google Cloud's workload identity federation in this deployment; text only.

import type { CommandContext } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { checked, execOptions, quoteHcl, quoteShell, readTrust, required } from './trust.ts';
import type { Trust, TrustFormat } from './trust.ts';

/** Characters of `google.subject`; a longer one is refused by Google. */
const MAX_SUBJECT_CHARS = 127;
const ID = /^[a-z][a-z0-9-]{2,30}[a-z0-9]$/;

interface Names {
  readonly pool: string;
  readonly provider: string;
  readonly number: string;
  readonly googleProject: string;
  readonly account: string | undefined;
}

/** Commands, the provider as JSON, or Terraform for one pool provider. */
export async function trustGcp(context: CommandContext, format: TrustFormat): Promise<string> {
  const names: Names = {
    pool: checked(context, 'pool', ID, 'cambist-pool') ?? 'cambist-pool',
    provider: checked(context, 'provider', ID, 'cambist') ?? 'cambist',
    number: required(context, 'gcp-project-number', /^\d{6,20}$/, '123456789012'),
    googleProject: required(context, 'gcp-project', /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'my-project-id'),
    account: checked(
      context,
      'gcp-service-account',
      /^[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com$/,
      'deploy@my-project.iam.gserviceaccount.com',
    ),
  };
  const trust = await readTrust(context, `https:${providerName(names)}`);
  if (trust.subject.length > MAX_SUBJECT_CHARS)
    throw usageFailure(
      `Google accepts subjects of up to ${MAX_SUBJECT_CHARS} characters; this one has ${trust.subject.length}.`,
    );
  if (/['\\]/.test(trust.subject))
    throw usageFailure('A project with a quote or a backslash cannot be written in an attribute condition.');
  if (format === 'hcl') return hcl(trust, names);
  if (format === 'json') return `${JSON.stringify(provider(trust), null, 2)}\n`;
  return commands(trust, names);
}

function providerName({ pool, provider, number }: Names): string {
  return `//iam.googleapis.com/projects/${number}/locations/global/workloadIdentityPools/${pool}/providers/${provider}`;
}

function principal({ subject }: Trust, { pool, number }: Names): string {
  return `principal://iam.googleapis.com/projects/${number}/locations/global/workloadIdentityPools/${pool}/subject/${subject}`;
}

function condition({ subject }: Trust): string {
  return `assertion.sub == '${subject}'`;
}

/** The provider as the IAM API takes it. */
function provider(trust: Trust): object {
  return {
    attributeMapping: { 'google.subject': 'assertion.sub' },
    attributeCondition: condition(trust),
    oidc: { issuerUri: trust.issuer, allowedAudiences: [trust.audience] },
  };
}

function commands(trust: Trust, names: Names): string {
  const { pool, googleProject, account } = names;
  const actAs = account === undefined ? '' : ` --service-account=${account}`;
  const grant =
    account === undefined
      ? `# Give the workload a role directly; choose the role
gcloud projects add-iam-policy-binding ${googleProject} --role=roles/viewer \\
  --member=${quoteShell(principal(trust, names))}`
      : `# Let exactly this workload act as the Google service account
gcloud iam service-accounts add-iam-policy-binding ${account} --project=${googleProject} \\
  --role=roles/iam.workloadIdentityUser \\
  --member=${quoteShell(principal(trust, names))}`;
  return `${trust.allowAudience}# Once in each Google project: the deployment as an identity provider. With several service accounts, leave
# --attribute-condition out: what each may do is said by its own principal below.
gcloud iam workload-identity-pools create ${pool} --project=${googleProject} --location=global
gcloud iam workload-identity-pools providers create-oidc ${names.provider} --project=${googleProject} --location=global \\
  --workload-identity-pool=${pool} \\
  --issuer-uri=${trust.issuer} \\
  --allowed-audiences=${quoteShell(trust.audience)} \\
  --attribute-mapping=google.subject=assertion.sub \\
  --attribute-condition=${quoteShell(condition(trust))}

${grant}

# In the pipeline; the file with the token is private, kept fresh and removed at the end
cambist exec ${execOptions(trust)} --id-token-file GCP_TOKEN_FILE=${quoteShell(trust.audience)} -- sh -c '
  gcloud iam workload-identity-pools create-cred-config ${providerName(names).slice('//iam.googleapis.com/'.length)} \\
    --credential-source-file="$GCP_TOKEN_FILE"${actAs} --output-file="$GCP_TOKEN_FILE.json"
  GOOGLE_APPLICATION_CREDENTIALS="$GCP_TOKEN_FILE.json" exec ./deploy.sh'
`;
}

function hcl(trust: Trust, names: Names): string {
  const { pool, googleProject, account } = names;
  const grant =
    account === undefined
      ? `resource "google_project_iam_member" "cambist" {
  project = ${quoteHcl(googleProject)}
  role    = "roles/viewer" # choose the role
  member  = ${quoteHcl(principal(trust, names))}
}`
      : `resource "google_service_account_iam_member" "cambist" {
  service_account_id = ${quoteHcl(`projects/${googleProject}/serviceAccounts/${account}`)}
  role               = "roles/iam.workloadIdentityUser"
  member             = ${quoteHcl(principal(trust, names))}
}`;
  return `resource "google_iam_workload_identity_pool" "cambist" {
  project                   = ${quoteHcl(googleProject)}
  workload_identity_pool_id = ${quoteHcl(pool)}
}

resource "google_iam_workload_identity_pool_provider" "cambist" {
  project                            = ${quoteHcl(googleProject)}
  workload_identity_pool_id          = google_iam_workload_identity_pool.cambist.workload_identity_pool_id
  workload_identity_pool_provider_id = ${quoteHcl(names.provider)}
  attribute_mapping                  = { "google.subject" = "assertion.sub" }
  attribute_condition                = ${quoteHcl(condition(trust))}

  oidc {
    issuer_uri        = ${quoteHcl(trust.issuer)}
    allowed_audiences = [${quoteHcl(trust.audience)}]
  }
}

${grant}
`;
}
