// The drills of a soak: rotations with what must hold before and after, a revoked token, a day without anybody, issuers that turn.

import type { Exchanger } from './exchanges.ts';
import { unverifiable } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import type { Service } from './service.ts';
import type { Algorithm, Mode, SigningLife } from './signing-life.ts';
import { abrupt, api, cloud, long } from './traffic.ts';
import type { TrafficContext } from './traffic.ts';

export interface Drills {
  /** Rotates and looks at tokens of the key before, in introspection, at the service's own API and in the JWKS. */
  readonly rotate: (alg: Algorithm, mode: Mode, context: TrafficContext) => Promise<void>;
  /** Revokes one token (RFC 7009). */
  readonly revoke: (context: TrafficContext) => Promise<void>;
  /** Looks at the JWKS when every token of before has expired. */
  readonly afterIdleDay: () => Promise<void>;
  /** Lets issuers rotate with and without warning, and one go down and come back; nothing may be in flight. */
  readonly turnIssuers: (round: number, context: TrafficContext) => Promise<void>;
}

/** Makes them. */
export function createDrills(service: Service, ledger: Ledger, exchanger: Exchanger, signing: SigningLife): Drills {
  const expect = (what: string, actual: unknown, expected: unknown): void => {
    if (actual !== expected) ledger.fault(`${what}: expected ${String(expected)}, got ${String(actual)}`);
  };
  return {
    rotate: async (alg, mode, context) => {
      const forApi = alg === 'ES256' ? await exchanger.send(await api(context)) : null;
      const old = await exchanger.send(await (alg === 'ES256' ? long : cloud)(context));
      const { previous } = await signing.rotate(alg, mode, context.now);
      const isGraceful = mode === 'graceful';
      expect(`${mode}: the old key is published`, (await signing.published()).has(previous), isGraceful);
      if (alg === 'ES256')
        expect(`${mode}: introspection of a token of before`, await service.isActive(old ?? ''), isGraceful);
      if (forApi !== null) {
        expect(
          `${mode}: /v1/me with a token of before`,
          (await service.get('/v1/me', forApi)).status,
          isGraceful ? 200 : 401,
        );
      }
      await exchanger.send(await (alg === 'ES256' ? long : cloud)(context));
    },
    revoke: async (context) => {
      const token = (await exchanger.send(await long(context))) ?? '';
      expect('introspection of a token', await service.isActive(token), true);
      expect('revocation', (await service.post('/oidc/revoke', { token })).status, 200);
      expect('introspection of a revoked token', await service.isActive(token), false);
    },
    afterIdleDay: async () => {
      const known = new Set([...signing.active.values(), ...signing.standby]);
      for (const kid of await signing.published()) {
        if (!known.has(kid)) ledger.fault(`${kid} is published though every token it signed has expired`);
      }
    },
    turnIssuers: async (round, context) => {
      const { steady, abrupt: issuer, flaky } = context.world.issuers;
      // The old key stays until every token it signed has expired.
      if (round % 60 === 10) steady.publish(await steady.newKey(), steady.key());
      if (round % 60 === 20) steady.publish(...steady.keys().toReversed());
      if (round % 60 === 45) steady.publish(steady.key());
      // Shorter and longer than its keys are fresh.
      flaky.isUp = !((round % 40 >= 8 && round % 40 < 13) || round % 40 >= 28);
      if (round % 7 !== 3) return;
      const withdrawn = issuer.key();
      issuer.publish(await issuer.newKey());
      await exchanger.send(await abrupt(context));
      await exchanger.send(await abrupt(context, withdrawn, unverifiable('unknown_kid')));
    },
  };
}
