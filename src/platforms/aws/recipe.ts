// How to trust a workload of AWS (outbound web identity), as data; no logic.

import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'aws',
  summary: 'AWS: one IAM role',
  parameters: [
    {
      name: 'issuer',
      value: 'url',
      description: "the account's issuer (aws iam enable-outbound-web-identity-federation prints it)",
      required: true,
      pattern: ['https://[^/]+', 'an https URL'],
      from: { claim: 'iss' },
    },
    {
      name: 'account-id',
      value: 'number',
      description: 'the AWS account',
      required: true,
      pattern: ['\\d{12}', 'twelve digits'],
      from: { claim: '/https:~1~1sts.amazonaws.com~1/aws_account' },
    },
    {
      name: 'iam-role',
      value: 'name',
      description: 'the role, with its path',
      required: true,
      pattern: ['[A-Za-z0-9_+=,.@/-]+', 'a role name'],
      from: { claim: 'sub', pattern: ':role/(.+)$' },
    },
    {
      name: 'function-arn',
      value: 'arn',
      description: 'only this Lambda function',
      isPin: true,
      from: { claim: '/https:~1~1sts.amazonaws.com~1/lambda_source_function_arn' },
    },
  ],
  provider: { issuer: '{issuer}', allowedAlgorithms: ['ES384', 'RS256'] },
  variants: [
    {
      name: 'workload',
      needs: [],
      subject: 'arn:aws:iam::{account-id}:role/{iam-role}',
      who: 'callers with the role {iam-role} of the account {account-id}',
    },
  ],
  conditions: {
    '/https:~1~1sts.amazonaws.com~1/aws_account': '{account-id}',
    '/https:~1~1sts.amazonaws.com~1/lambda_source_function_arn': '{function-arn}',
  },
  claims: {
    'https://sts.amazonaws.com/': { aws_account: '{account-id}', lambda_source_function_arn: '{function-arn}' },
  },
  neighbours: [
    { who: 'another role', set: { 'iam-role': 'cambist-check' } },
    { who: 'another account', set: { 'account-id': '000000000000' } },
    {
      who: 'another function with the same role',
      set: { 'function-arn': 'arn:aws:lambda:::function:x' },
      needs: ['function-arn'],
    },
  ],
  accountName: 'aws-{slug}',
  configuration: {
    file: 'token.sh',
    text: `#!/bin/sh
set -eu
# The role needs the permission sts:GetWebIdentityToken.
ID_TOKEN=$(aws sts get-web-identity-token --audience {audience} --signing-algorithm ES384 --duration-seconds 300 \\
  --query WebIdentityToken --output text)
test -n "$ID_TOKEN" && test "$ID_TOKEN" != None
{exchange}
test -n "$ACCESS_TOKEN" # use it here
`,
  },
};
