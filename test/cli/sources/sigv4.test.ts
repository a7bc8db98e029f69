// Signature Version 4 against the example of AWS's own documentation.

import { expect, it } from 'vitest';

import { signAwsRequest } from '../../../src/platforms/aws/sigv4.ts';

const keys = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: null,
};
const request = {
  method: 'GET',
  url: 'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
  headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
  body: '',
  region: 'us-east-1',
  service: 'iam',
} as const;
const now = Date.parse('2015-08-30T12:36:00Z');

it('signs the documented request as documented', () => {
  expect(signAwsRequest(request, keys, now)).toMatchObject({
    'x-amz-date': '20150830T123600Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, ' +
      'SignedHeaders=content-type;host;x-amz-date, ' +
      'Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  });
});

it('signs the session token where there is one', () => {
  const signed = signAwsRequest(request, { ...keys, sessionToken: 'session' }, now);
  expect(signed['x-amz-security-token']).toBe('session');
  expect(signed['authorization']).toContain('SignedHeaders=content-type;host;x-amz-date;x-amz-security-token');
});
