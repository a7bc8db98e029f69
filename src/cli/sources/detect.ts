// Decides where an ID token can be had: by variables and files first, by metadata services only where those say nothing.

import { usageFailure } from '../failure.ts';
import { SOURCE_NAMES, SOURCES } from '../../platforms/sources.ts';
import { seeSign } from './signs.ts';
import type { Facts, Source, Surroundings, Way } from './source.ts';

export interface Finding {
  readonly source: Source;
  /** `incomplete`: the platform is here, but gives this job no token. */
  readonly state: 'ready' | 'incomplete';
  /** What was seen. */
  readonly seen: string;
  /** How to get the token; null where it is incomplete. */
  readonly way: Way | null;
  /** What is missing, and what to do about it; null where it is ready. */
  readonly missing: string | null;
  readonly fix: string | null;
}

export interface Detection {
  /** Everything found, in the order of preference. */
  readonly findings: readonly Finding[];
  readonly chosen: Finding | null;
  /** A pipeline that gives no token, and so keeps the identity of its machine from being used in its place. */
  readonly blockedBy: Finding | null;
  /** Whether metadata services were asked. */
  readonly probed: boolean;
}

/** Looks at one source, or at all of them. Throws a usage failure for a source that does not exist. */
export async function detectSources(surroundings: Surroundings, facts: Facts, only?: string): Promise<Detection> {
  if (only !== undefined) return await detectOne(surroundings, facts, findSource(only));
  const findings = await look(SOURCES, surroundings, facts, false);
  const ready = findings.find(({ state }) => state === 'ready') ?? null;
  const unready = findings.find(({ state, source }) => state === 'incomplete' && source.layer === 'job') ?? null;
  // The machine that runs a pipeline has an identity too, but it is not the pipeline's.
  if (unready !== null && ready?.source.layer !== 'job')
    return { findings, chosen: null, blockedBy: unready, probed: false };
  if (ready !== null) return { findings, chosen: ready, blockedBy: null, probed: false };
  const answering = await look(SOURCES, surroundings, facts, true);
  return { findings: [...findings, ...answering], chosen: answering[0] ?? null, blockedBy: null, probed: true };
}

/** A source by name, `env:NAME` or `file:PATH`. */
export function findSource(name: string): Source {
  const [kind, ...rest] = name.split(':');
  const place = rest.join(':');
  if (place !== '' && kind === 'env') return givenPlace(name, { from: 'variable', variable: place });
  if (place !== '' && kind === 'file') return givenPlace(name, { from: 'file', path: place });
  const source = SOURCES.find((one) => one.name === name);
  if (source !== undefined) return source;
  throw usageFailure(
    `There is no token source ${JSON.stringify(name)}.`,
    `It is one of ${SOURCE_NAMES.join(', ')}, or env:NAME or file:PATH.`,
  );
}

function givenPlace(name: string, way: Way): Source {
  return { name, title: name, layer: 'job', ways: [{ sign: {}, way }], incomplete: [], audienceAdvice: null };
}

async function detectOne(surroundings: Surroundings, facts: Facts, source: Source): Promise<Detection> {
  const findings = await look([source], surroundings, facts, false);
  const ready = findings.find(({ state }) => state === 'ready') ?? null;
  if (ready !== null) return { findings, chosen: ready, blockedBy: null, probed: false };
  // Named by the user, so its metadata service is simply asked.
  const asked = source.ways.find(({ sign }) => sign.probe !== undefined);
  if (asked === undefined) return { findings, chosen: null, blockedBy: findings[0] ?? null, probed: false };
  const { way } = asked;
  const chosen: Finding = { source, state: 'ready', seen: '--source', way, missing: null, fix: null };
  return { findings: [...findings, chosen], chosen, blockedBy: null, probed: false };
}

async function look(
  sources: readonly Source[],
  surroundings: Surroundings,
  facts: Facts,
  probing: boolean,
): Promise<readonly Finding[]> {
  const found = await Promise.all(
    sources.map(async (source): Promise<Finding | null> => {
      const ways = await Promise.all(source.ways.map(({ sign }) => seeSign(sign, surroundings, facts, probing)));
      const index = ways.findIndex((seen) => seen !== null);
      const way = source.ways[index]?.way;
      if (way !== undefined)
        return { source, state: 'ready', seen: ways[index] || name(source), way, missing: null, fix: null };
      if (probing) return null;
      for (const { sign, missing, fix } of source.incomplete) {
        const seen = await seeSign(sign, surroundings, facts, false);
        if (seen !== null) return { source, state: 'incomplete', seen, way: null, missing, fix: fix(facts) };
      }
      return null;
    }),
  );
  return found.filter((finding) => finding !== null);
}

function name(source: Source): string {
  return `--source ${source.name}`;
}
