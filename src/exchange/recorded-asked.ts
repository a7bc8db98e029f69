// What a request asked for, as its audit event keeps it and as it can be asked again (contract §5.6, §5.7).

import type { JsonObject, JsonValue } from '../token/json.ts';
import { MAX_RECORDED_ASKED_CHARS } from './limits.ts';
import { NOTHING_ASKED } from './request.ts';
import type { Asked } from './request.ts';

/** The members that the request named. One that makes the record too long is left out and named in `omitted`. */
export function recordAsked(asked: Asked): JsonObject {
  const named: readonly (readonly [string, JsonValue])[] = [
    ['serviceAccount', asked.serviceAccount],
    ['organisation', asked.organisation],
    ['federatedIdentity', asked.federatedIdentity],
    ['project', asked.project],
    ['tokenType', asked.tokenType === NOTHING_ASKED.tokenType ? null : asked.tokenType],
    ['lifetime', asked.lifetimeSeconds],
    ['scope', asked.scope?.join(' ') ?? null],
    ['audience', asked.audiences.length === 0 ? null : asked.audiences],
  ];
  const kept: [string, JsonValue][] = [];
  const omitted: string[] = [];
  let room = MAX_RECORDED_ASKED_CHARS;
  for (const [name, value] of named) {
    if (value === null) continue;
    const size = JSON.stringify(value).length;
    if (size > room) omitted.push(name);
    else {
      kept.push([name, value]);
      room -= size;
    }
  }
  return Object.fromEntries(omitted.length === 0 ? kept : [...kept, ['omitted', omitted] as const]);
}

/** What was asked, to ask it again; null if the record lacks some of it. */
export function askedAgain(recorded: JsonObject): Asked | null {
  if (recorded['omitted'] !== undefined) return null;
  const text = (name: string): string | null => {
    const value = recorded[name];
    return typeof value === 'string' ? value : null;
  };
  const { audience, lifetime } = recorded;
  return {
    serviceAccount: text('serviceAccount'),
    organisation: text('organisation'),
    federatedIdentity: text('federatedIdentity'),
    project: text('project'),
    tokenType: text('tokenType') === 'id_token' ? 'id_token' : NOTHING_ASKED.tokenType,
    lifetimeSeconds: typeof lifetime === 'number' ? lifetime : null,
    scope: text('scope')?.split(' ') ?? null,
    audiences: Array.isArray(audience) ? audience.filter((one) => typeof one === 'string') : [],
  };
}
