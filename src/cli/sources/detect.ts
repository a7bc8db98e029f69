// Decides where an ID token can be had: by variables and files first, by metadata services only if those say nothing.

import { usageFailure } from '../failure.ts';
import { SOURCE_NAMES, SOURCES } from './known-sources.ts';
import { findEvidence } from './find-evidence.ts';
import type { SourceContext, Source, System, TokenOrigin } from '../../platforms/source.ts';

export interface Finding {
  readonly source: Source;
  /** `incomplete`: the platform is here, but gives this job no token. */
  readonly state: 'ready' | 'incomplete';
  /** What was seen. */
  readonly seen: string;
  /** How to get the token; null if it is incomplete. */
  readonly origin: TokenOrigin | null;
  /** What is missing, and what to do about it; null if it is ready. */
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
export async function detectSources(system: System, context: SourceContext, only?: string): Promise<Detection> {
  if (only !== undefined) return await detectOne(system, context, findSource(only));
  const findings = await look(SOURCES, system, context, false);
  const ready = findings.find(({ state }) => state === 'ready') ?? null;
  const unready = findings.find(({ state, source }) => state === 'incomplete' && source.layer === 'job') ?? null;
  // The machine that runs a pipeline has an identity too, but it is not the pipeline's.
  if (unready !== null && ready?.source.layer !== 'job')
    return { findings, chosen: null, blockedBy: unready, probed: false };
  if (ready !== null) return { findings, chosen: ready, blockedBy: null, probed: false };
  const answering = await look(SOURCES, system, context, true);
  return { findings: [...findings, ...answering], chosen: answering[0] ?? null, blockedBy: null, probed: true };
}

/** A source by name, `env:NAME` or `file:PATH`. */
function findSource(name: string): Source {
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

function givenPlace(name: string, origin: TokenOrigin): Source {
  return { name, title: name, layer: 'job', origins: [{ when: {}, origin }], incomplete: [], audienceAdvice: null };
}

async function detectOne(system: System, context: SourceContext, source: Source): Promise<Detection> {
  const findings = await look([source], system, context, false);
  const ready = findings.find(({ state }) => state === 'ready') ?? null;
  if (ready !== null) return { findings, chosen: ready, blockedBy: null, probed: false };
  // Named by the user, so its metadata service is simply asked.
  const asked = source.origins.find(({ when }) => when.probe !== undefined);
  if (asked === undefined) return { findings, chosen: null, blockedBy: findings[0] ?? null, probed: false };
  const { origin } = asked;
  const chosen: Finding = { source, state: 'ready', seen: '--source', origin, missing: null, fix: null };
  return { findings: [...findings, chosen], chosen, blockedBy: null, probed: false };
}

async function look(
  sources: readonly Source[],
  system: System,
  context: SourceContext,
  probing: boolean,
): Promise<readonly Finding[]> {
  const found = await Promise.all(
    sources.map(async (source): Promise<Finding | null> => {
      const origins = await Promise.all(source.origins.map(({ when }) => findEvidence(when, system, context, probing)));
      const index = origins.findIndex((seen) => seen !== null);
      const origin = source.origins[index]?.origin;
      if (origin !== undefined)
        return { source, state: 'ready', seen: origins[index] || name(source), origin, missing: null, fix: null };
      if (probing) return null;
      for (const { when, missing, fix } of source.incomplete) {
        const seen = await findEvidence(when, system, context, false);
        if (seen !== null) return { source, state: 'incomplete', seen, origin: null, missing, fix: fix(context) };
      }
      return null;
    }),
  );
  return found.filter((finding) => finding !== null);
}

function name(source: Source): string {
  return `--source ${source.name}`;
}
