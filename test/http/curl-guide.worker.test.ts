// Does what docs/guides/exchange-with-curl.md shows: its command is granted, and each refusal that it explains is said so.

import { beforeAll, describe, expect, it } from 'vitest';

import guide from '../../docs/guides/exchange-with-curl.md?raw';
import { startWorld } from '../faults/world.ts';
import type { World } from '../faults/world.ts';
import type { Answer } from '../support/deployment.ts';

/** The parameters of the command in the guide's second step, with `id-token` for the file. */
const PARAMETERS = [
  ...(guide.split('## 2. ')[1]?.split('```')[1] ?? '').matchAll(/--data-urlencode (\w+)([=@])(\S+)/g),
];

let world: World;
beforeAll(async () => {
  world = await startWorld({ allowedScopes: ['api:read'] });
  const { status } = await world.deployment.iam('PATCH', `/v1/service-accounts/${world.joined.serviceAccount}`, {
    slug: 'deployer',
  });
  if (status !== 200) throw new Error(`the account was not given its slug: ${status}`);
});

/** Sends the command with this content of the file. */
async function send(idToken: string): Promise<Answer> {
  const parameters = PARAMETERS.map(([, name = '', sign, value = '']): [string, string] => [
    name,
    sign === '@' ? idToken : value,
  ]);
  return world.deployment.send('/oidc/token', { method: 'POST', body: new URLSearchParams(parameters) });
}

/** The sentences of the table "When it refuses", up to what stands for the caller's own values. */
function explained(): string[] {
  const rows = guide.split('## When it refuses')[1]?.match(/^\| `[^`]+`/gm) ?? [];
  return rows.map((row) => row.slice(3, -1).replace(/ …: .*| …,? .*|, …| …$/, ''));
}

describe('the guide that exchanges a token with curl', () => {
  it('shows a command that is granted, and the members of its answer (contract §3)', async () => {
    const { status, body } = await send(await world.token());
    expect({ status, error: body.error_description }).toEqual({ status: 200, error: undefined });
    const [, shown = '{}'] = /```json\n([^]*?)```/.exec(guide) ?? [];
    const example: object = JSON.parse(shown);
    expect({ ...body, access_token: '' }).toEqual({ ...example, access_token: '' });
  });

  it('explains what the service says (contract §3)', async () => {
    const token = await world.token();
    const said = await Promise.all([
      send(await world.token({ aud: 'https://github.com/acme' })),
      send(await world.token({ sub: 'job:other' })),
      send(`${token}\n`),
      send(JSON.stringify({ value: token })),
    ]);
    expect(said.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
    const sentences = said.map(({ body }) => String(body.error_description));
    const starts = explained().filter((start) => !start.startsWith('temporarily'));
    expect(starts.length).toBe(sentences.length);
    for (const start of starts) expect(sentences.filter((sentence) => sentence.startsWith(start))).toHaveLength(1);
  });
});
