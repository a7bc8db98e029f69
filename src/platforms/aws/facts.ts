// AWS (outbound web identity) for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: ['arn:aws:iam::{account}:role/{path/}{name}', 'arn:aws:iam::{account}:user/{name}'],
  stableClaims: ['/https:~1~1sts.amazonaws.com~1/aws_account', '/https:~1~1sts.amazonaws.com~1/org_id'],
  risks: [
    'The caller picks ES384 or RS256: allow ES384 on the provider if callers use it.',
    'request_tags are chosen by the caller and prove nothing; principal_tags come from the role.',
    'A role that is deleted and created again has the same ARN.',
    'Several functions or machines can share one role: lambda_source_function_arn and ec2_source_instance_arn tell them apart, if present.',
    'Claims are nested under a name with slashes: write /https:~1~1sts.amazonaws.com~1/aws_account.',
  ],
};
