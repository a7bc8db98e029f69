// What a hostile case is: one tampered request, the refusal it must meet and the twin that is granted; runs nothing, so Node and workerd read the same tables.

import type { addIdentity, Answer, deploy, Deployment, expectCreated, join, Joined } from '../support/deployment.ts';
import { createIssuer } from '../support/issuer.ts';
import type { IssuerOptions, SignOptions, TestIssuer } from '../support/issuer.ts';
import type { Refusal } from './refusal.ts';

/** What only workerd has, handed to the tables. */
export interface Kit {
  readonly deploy: typeof deploy;
  readonly join: typeof join;
  readonly addIdentity: typeof addIdentity;
  readonly expectCreated: typeof expectCreated;
  readonly cache: KVNamespace;
}

/** A deployment with an issuer that it trusts and a workload that it grants. */
export interface World {
  readonly kit: Kit;
  readonly deployment: Deployment;
  readonly issuer: TestIssuer;
  readonly joined: Joined;
  /** A good token, with claims laid over; `undefined` removes one. */
  readonly token: (claims?: Readonly<Record<string, unknown>>, options?: SignOptions) => Promise<string>;
  /** Everything that may never be printed. */
  readonly secrets: string[];
}

/** A token to exchange as usual, or the answer to a request that the case made itself. */
export type Sent = string | Answer;

export interface HostileCase<W extends World = World> {
  /** What is sent, as it follows "refuses". */
  readonly name: string;
  /** The advisory, specification or project that taught it. */
  readonly taught: string;
  /** What happens before, and is not measured. */
  readonly prepare?: (world: W) => Promise<unknown>;
  readonly attack: (world: W) => Sent | Promise<Sent>;
  readonly refused: Refusal;
  /** The same with the one tampered thing right; by default a good token. It comes after the attack, so it also shows that nothing broke. */
  readonly twin?: (world: W) => Sent | Promise<Sent>;
}

interface GroupOf<W extends World> {
  readonly title: string;
  readonly world: (kit: Kit) => Promise<W>;
  /** `case` starts every case in a world of its own; otherwise they share one. */
  readonly fresh?: 'case';
  /** The exchange parameters beside the token. */
  readonly parameters?: (world: W) => Record<string, string | readonly string[]>;
  readonly cases: readonly HostileCase<W>[];
}

/** One case bound to the world it runs in. */
export interface Started {
  readonly world: World;
  readonly prepare: (index: number) => Promise<unknown>;
  readonly attack: (index: number) => Promise<Sent>;
  readonly twin: (index: number) => Promise<Sent>;
  readonly parameters: Record<string, string | readonly string[]>;
}

export interface HostileGroup {
  readonly title: string;
  readonly fresh: boolean;
  readonly cases: readonly Pick<HostileCase, 'name' | 'taught' | 'refused'>[];
  readonly start: (kit: Kit) => Promise<Started>;
}

export interface HostileClass {
  readonly title: string;
  /** One sentence for the README. */
  readonly about: string;
  readonly groups: readonly HostileGroup[];
}

/** Binds cases to the kind of world they need. */
export function group<W extends World>({ title, world, fresh, parameters, cases }: GroupOf<W>): HostileGroup {
  return {
    title,
    fresh: fresh === 'case',
    cases,
    start: async (kit) => {
      const started = await world(kit);
      const at = (index: number): HostileCase<W> => {
        const found = cases[index];
        if (found === undefined) throw new RangeError(`no case ${index}`);
        return found;
      };
      return {
        world: started,
        prepare: async (index) => at(index).prepare?.(started),
        attack: async (index) => at(index).attack(started),
        twin: async (index) => (at(index).twin ?? ((w: W) => w.token()))(started),
        parameters: parameters?.(started) ?? {},
      };
    },
  };
}

/** The subject that the usual workload has. */
export const SUBJECT = 'project:acme:pipeline:deploy';
export const AUDIENCE = 'https://cambist.test';

export interface UsualOptions {
  readonly issuer?: IssuerOptions;
  readonly settings?: Parameters<Kit['deploy']>[0];
  readonly provider?: Record<string, unknown>;
  readonly rule?: Record<string, unknown>;
  /** Has the keys fetched and our own keys recorded before the first case; true by default. */
  readonly warm?: boolean;
}

/** The usual world: one generic issuer, one exact rule. */
export async function usual(kit: Kit, options: UsualOptions = {}): Promise<World> {
  const deployment = await kit.deploy(options.settings ?? {});
  const issuer = await createIssuer(options.issuer ?? {});
  const rule = { providerSubject: SUBJECT, ...options.rule };
  const joined = await kit.join(deployment, issuer, rule, options.provider ?? {});
  const secrets: string[] = [];
  const token: World['token'] = async (claims = {}, signing = {}) => {
    const signed = await issuer.sign(claimsAt(deployment, issuer.issuer, claims), signing);
    secrets.push(...materialOf(signed));
    return signed;
  };
  await deployment.send('/readyz');
  if (options.warm !== false) await deployment.exchange(await token());
  return { kit, deployment, issuer, joined, token, secrets };
}

/** The claims of a good token just now. */
export function claimsAt(
  { clock }: Pick<Deployment, 'clock'>,
  issuer: string,
  claims: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const good = {
    iss: issuer,
    sub: SUBJECT,
    aud: AUDIENCE,
    iat: clock.now - 5,
    nbf: clock.now - 5,
    exp: clock.now + 300,
    jti: crypto.randomUUID(),
  };
  return Object.fromEntries(Object.entries({ ...good, ...claims }).filter(([, value]) => value !== undefined));
}

const SHORTEST_SECRET_CHARS = 24;

/** What of a token may never be printed: all of it, its signature and its payload, where they are long enough to be found by accident. */
export function materialOf(token: string): readonly string[] {
  const [, payload = '', signature = ''] = token.split('.', 3);
  return [token, payload, signature].filter(({ length }) => length >= SHORTEST_SECRET_CHARS);
}
