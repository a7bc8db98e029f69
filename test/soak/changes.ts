// What an operator changes while a soak runs; after each change, the very next request must see it.

import type { Exchanger } from './exchanges.ts';
import type { Ledger } from './ledger.ts';
import type { Service } from './service.ts';
import { churned, flip, idle, narrow, tenant } from './traffic.ts';
import type { Attempt, TrafficContext } from './traffic.ts';
import { addRule } from './world.ts';
import type { Switch, World } from './world.ts';

export interface Changes {
  /** Makes the changes of a round, one after another. */
  readonly run: (round: number, context: TrafficContext) => Promise<void>;
  /** Changes made. */
  readonly made: () => number;
  /** Times the service was told to fetch an issuer's keys. */
  readonly refreshes: () => number;
}

/** Makes it. */
export function createChanges(service: Service, world: World, exchanger: Exchanger, ledger: Ledger): Changes {
  let made = 0;
  let refreshes = 0;

  const turn = async (
    one: Switch,
    apply: (isOn: boolean) => Promise<unknown>,
    next: (context: TrafficContext) => Promise<Attempt>,
    context: TrafficContext,
  ): Promise<void> => {
    one.version += 1;
    await apply(!one.isOn);
    one.isOn = !one.isOn;
    one.version += 1;
    made += 1;
    await exchanger.send(await next(context));
  };
  const { rules, switches, providers } = world;
  const patch = (path: string, body: object): Promise<unknown> => service.change('PATCH', `/v1/${path}`, body);
  const status = (isOn: boolean): { status: string } => ({ status: isOn ? 'active' : 'inactive' });

  const manageProviders = async (): Promise<void> => {
    const inUse = await service.iam('DELETE', `/v1/federated-identity-providers/${providers.steady}`);
    if (inUse.status !== 409) ledger.fault(`a provider in use could be deleted: ${inUse.status}`);
    await service.change('POST', `/v1/federated-identity-providers/${providers.steady}/refresh`);
    refreshes += 1;
    const { identity } = await service.change('POST', '/v1/federated-identity-providers', {
      name: 'passing',
      providerIssuer: 'https://passing.example.com',
    });
    await service.change('DELETE', `/v1/federated-identity-providers/${String(identity)}`);
    made += 2;
  };

  const plan: readonly (readonly [every: number, at: number, run: (context: TrafficContext) => Promise<void>])[] = [
    [
      3,
      1,
      (c) => turn(switches.flip, (on) => patch(`federated-identities/${rules.flip.identity}`, status(on)), flip, c),
    ],
    [
      4,
      2,
      (c) => {
        const scopes = (on: boolean): object => ({ allowedScopes: on ? ['api:read', 'api:write'] : ['api:read'] });
        return turn(
          switches.narrow,
          (on) => patch(`federated-identities/${rules.narrow.identity}`, scopes(on)),
          narrow,
          c,
        );
      },
    ],
    [5, 3, (c) => turn(switches.idle, (on) => patch(`service-accounts/${rules.idle.account}`, status(on)), idle, c)],
    [
      6,
      4,
      (c) =>
        turn(switches.tenant, (on) => patch(`federated-identity-providers/${providers.tenant}`, status(on)), tenant, c),
    ],
    [
      8,
      5,
      async (c) => {
        const path = `/v1/service-accounts/${world.churned.account}`;
        await turn(switches.churned, () => service.change('DELETE', path), churned, c);
        const make = async (): Promise<void> =>
          void (world.churned = await addRule(service, 'churned', providers.steady));
        await turn(switches.churned, make, churned, c);
      },
    ],
    [10, 7, manageProviders],
  ];
  return {
    made: () => made,
    refreshes: () => refreshes,
    run: async (round, context) => {
      for (const [every, at, run] of plan) if (round % every === at) await run(context);
    },
  };
}
