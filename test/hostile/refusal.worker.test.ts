// The matcher of the battery against itself: where a refusal did print or store a secret, the case fails.

import { describe, expect, it } from 'vitest';

import { startWorld } from '../faults/world.ts';
import type { World } from '../faults/world.ts';
import type { Answer } from '../support/deployment.ts';
import { ADMIN_TOKEN } from '../support/deployment.ts';
import { materialOf } from './case.ts';
import { expectRefused } from './refusal.ts';

type Leak = (world: World, secret: string, answer: Answer) => Promise<Answer> | Answer;

const described = (answer: Answer, more: string): Answer => ({
  ...answer,
  body: { ...answer.body, error_description: more, message: more },
});

const LEAKS: Readonly<Record<string, Leak>> = {
  'the answer': (_world, secret, answer) => described(answer, `${answer.body.error_description} ${secret}`),
  'a header of the answer': (_world, secret, answer) => {
    const headers = new Headers(answer.headers);
    headers.set('x-debug', secret);
    return { ...answer, headers };
  },
  'a log line': ({ deployment }, secret, answer) => {
    deployment.logs.push({ event: 'debug', detail: `got ${secret}` });
    return answer;
  },
  'the audit event': async ({ deployment }, secret, answer) => {
    const leaking = deployment.db.prepare('UPDATE audit_event SET detail = ?1 WHERE request_id = ?2');
    await leaking.bind(`got ${secret}`, answer.headers.get('x-request-id')).run();
    return answer;
  },
};

/** Refuses one verified token; `leak` tampers with what came of it. */
async function refuse(leak: Leak, pick: (token: string) => string): Promise<unknown> {
  const world = await startWorld();
  const { deployment, issuer, token } = world;
  await world.works();
  const sent = await token({ sub: 'job:other' });
  const ask = async (): Promise<Answer> => leak(world, pick(sent), await deployment.exchange(sent));
  const issuerUrls = [issuer.jwksUri];
  const secrets = (): readonly string[] => materialOf(sent);
  return expectRefused({ deployment, ask, issuerUrls, secrets }, { reason: 'no_federated_identity' });
}

const whole = (token: string): string => token;
const signature = (token: string): string => token.split('.')[2] ?? '';
const payload = (token: string): string => token.split('.')[1] ?? '';
const root = (): string => ADMIN_TOKEN;

describe('a refusal that leaks into', () => {
  it.each(Object.entries(LEAKS))('%s fails its case (contract §1)', async (_where, leak) => {
    for (const pick of [whole, signature, payload, root]) {
      await expect(refuse(leak, pick)).rejects.toThrow(/printed a secret/);
    }
  });

  it('nothing passes it (contract §1)', async () => {
    await expect(refuse((_world, _secret, answer) => answer, whole)).resolves.toMatchObject({ status: 400 });
  });
});
