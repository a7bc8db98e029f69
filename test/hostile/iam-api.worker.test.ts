// Hostile class 11, end to end: the IAM API; the table is in iam-api.cases.ts, what happens at once is here.

import { describe, expect, it } from 'vitest';

import { kit, runHostileClass } from './battery.ts';
import { usual } from './case.ts';
import { iamApi } from './iam-api.cases.ts';

runHostileClass(iamApi);

describe('at once', () => {
  it.each([
    ['/v1/service-accounts', { name: 'twice' }],
    ['/v1/federated-identity-providers', { name: 'twice', providerIssuer: 'https://twice.example.com' }],
  ])('ten equal creations have one winner: %s (contract §5)', async (path, body) => {
    const { deployment } = await usual(kit);
    const answers = await Promise.all(Array.from({ length: 10 }, () => deployment.iam('POST', path, body)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(9);
    const created = (await deployment.events()).filter((event) => String(event['changes']).includes('twice'));
    expect(created).toHaveLength(1);
  });

  it('ten changes with the same if-match have one winner (contract §5)', async () => {
    const { deployment, joined } = await usual(kit);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        deployment.send(`/v1/service-accounts/${joined.serviceAccount}`, {
          method: 'PATCH',
          headers: {
            authorization: 'Bearer test-root-token-of-at-least-32-characters',
            'content-type': 'application/json',
            'if-match': '"1"',
          },
          body: JSON.stringify({ description: `change ${index}` }),
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(9);
  });
});

describe('text that may be stored', () => {
  it('comes back as it was, as JSON and nothing else (contract §1)', async () => {
    const { deployment } = await usual(kit);
    const description = '</script><script>alert(1)</script>\n=HYPERLINK("https://evil.example.com")\t@SUM(1)';
    const created = await deployment.iam('POST', '/v1/service-accounts', { name: '<b>&amp;"\'`', description });
    expect([created.status, created.body.description]).toEqual([201, description]);
    expect(created.headers.get('content-type')).toContain('application/json');
    expect(created.headers.get('x-content-type-options')).toBe('nosniff');
  });
});
