// Runs the tables of hostile cases inside workerd, each against the whole application; knows no case.

import { env } from 'cloudflare:workers';
import { beforeAll, describe, it } from 'vitest';

import { addIdentity, deploy, expectCreated, join } from '../support/deployment.ts';
import type { Answer } from '../support/deployment.ts';
import { materialOf } from './case.ts';
import type { HostileClass, HostileGroup, Kit, Sent, Started } from './case.ts';
import { expectGranted, expectRefused } from './refusal.ts';

export const kit: Kit = { deploy, join, addIdentity, expectCreated, cache: env.CACHE };

/** Declares a test for every case of a class: the attack is refused as its table says, and then the twin is granted. */
export function runHostileClass({ title, groups }: HostileClass): void {
  for (const one of groups) {
    describe(`${title}: ${one.title}`, () => {
      runGroup(one);
    });
  }
}

function runGroup(group: HostileGroup): void {
  let shared: Started | null = null;
  if (!group.fresh) {
    beforeAll(async () => {
      shared = await group.start(kit);
    });
  }
  for (const [index, { name, refused }] of group.cases.entries()) {
    // oxlint-disable-next-line vitest/expect-expect -- both matchers assert
    it(`refuses ${name}`, async () => {
      const started = shared ?? (await group.start(kit));
      const { deployment, issuer, secrets } = started.world;
      const issuerUrls = [new URL(issuer.discoveryPath, issuer.jwksUri).href, issuer.jwksUri];
      const send = async (sent: Sent): Promise<Answer> => {
        if (typeof sent !== 'string') return sent;
        secrets.push(...materialOf(sent));
        return deployment.exchange(sent, started.parameters);
      };
      const ask = async (): Promise<Answer> => send(await started.attack(index));
      await started.prepare(index);
      await expectRefused({ deployment, ask, issuerUrls, secrets: () => secrets }, refused);
      expectGranted(await send(await started.twin(index)));
    });
  }
}
