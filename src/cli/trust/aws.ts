// The trust of an AWS role in this deployment; text only.

import type { CommandContext } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { checked, execOptions, quoteHcl, quoteShell, readTrust } from './trust.ts';
import type { Trust, TrustFormat } from './trust.ts';

/** Stands for the account's number until the shell knows it. */
const NUMBER = '000000000000';
const ROLE = /^[\w+=,.@-]{1,64}$/;

/** Commands, a trust policy or Terraform for one role. */
export async function trustAws(context: CommandContext, format: TrustFormat): Promise<string> {
  const trust = await readTrust(context, 'sts.amazonaws.com');
  // "The URL should not contain a port number" (IAM, CreateOpenIDConnectProvider).
  if (new URL(trust.issuer).port !== '')
    context.output.warn(`AWS accepts no issuer with a port: ${trust.issuer} has one. Deploy it at an address without.`);
  const role = checked(context, 'role', ROLE, 'deploy') ?? 'cambist';
  const account = checked(context, 'account', /^\d{12}$/, '123456789012');
  if (format === 'hcl') return hcl(trust, role);
  if (format === 'json') {
    if (account === undefined) throw usageFailure('--format json needs --account: the policy names it.');
    return `${JSON.stringify(policy(trust, account), null, 2)}\n`;
  }
  return commands(trust, role, account);
}

function policy({ issuerHost, subject, audience }: Trust, account: string): object {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${issuerHost}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [`${issuerHost}:aud`]: audience, [`${issuerHost}:sub`]: subject } },
      },
    ],
  };
}

function commands(trust: Trust, role: string, given: string | undefined): string {
  // Quoted for the shell as a whole, but for the account's number, which comes first in it.
  const text = quoteShell(JSON.stringify(policy(trust, NUMBER), null, 2)).replace(NUMBER, `'"$account"'`);
  return `${trust.allowAudience}# Once in each AWS account (not again for a second service account): the deployment as an identity provider
aws iam create-open-id-connect-provider --url ${trust.issuer} --client-id-list ${quoteShell(trust.audience)}

# A role for exactly this service account
account=${given ?? '$(aws sts get-caller-identity --query Account --output text)'}
aws iam create-role --role-name ${role} --assume-role-policy-document ${text}

# In the pipeline
export AWS_ROLE_ARN="arn:aws:iam::${given ?? '${AWS_ACCOUNT_ID:?is the number of the AWS account}'}:role/${role}"
cambist exec ${execOptions(trust)} --id-token-file AWS_WEB_IDENTITY_TOKEN_FILE=${quoteShell(trust.audience)} -- aws sts get-caller-identity
`;
}

function hcl({ issuer, issuerHost, subject, audience }: Trust, role: string): string {
  return `resource "aws_iam_openid_connect_provider" "cambist" {
  url            = ${quoteHcl(issuer)}
  client_id_list = [${quoteHcl(audience)}]
}

data "aws_iam_policy_document" "cambist" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.cambist.arn]
    }

    condition {
      test     = "StringEquals"
      variable = ${quoteHcl(`${issuerHost}:aud`)}
      values   = [${quoteHcl(audience)}]
    }

    condition {
      test     = "StringEquals"
      variable = ${quoteHcl(`${issuerHost}:sub`)}
      values   = [${quoteHcl(subject)}]
    }
  }
}

resource "aws_iam_role" "cambist" {
  name               = ${quoteHcl(role)}
  assume_role_policy = data.aws_iam_policy_document.cambist.json
}
`;
}
