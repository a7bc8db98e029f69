// Bounds what the grants of one organisation add to D1 in a minute: beyond it an event still says who got what and when, but not what the token said.

import type { NewAuditEvent } from '../objects/audit-log.ts';
import {
  EVENT_WINDOW_SECONDS,
  MAX_EVENT_CHARS_PER_WINDOW,
  MAX_SHORT_VALUE_CHARS,
  MAX_WATCHED_ORGANISATIONS,
  UNMEASURED_EVENTS,
} from './limits.ts';

/** The event as it is written: whole, or without what its token chose the length of. */
export type FitEvent = (event: NewAuditEvent) => NewAuditEvent;

interface Window {
  readonly number: number;
  events: number;
  chars: number;
}

/** Each event beyond the bound says it, so it is short. */
const LEFT_OUT = 'claims left out: the grants of this minute had too many';

/** Fits the grants of an isolate. Every grant keeps an event of its own; equal refusals are counted elsewhere. */
export function createEventAllowance(): FitEvent {
  const windows = new Map<string, Window>();
  return (event) => {
    const number = Math.floor(event.time / EVENT_WINDOW_SECONDS);
    let window = windows.get(event.organisationId);
    if (window?.number !== number) {
      if (windows.size >= MAX_WATCHED_ORGANISATIONS) windows.clear();
      window = { number, events: 0, chars: 0 };
      windows.set(event.organisationId, window);
    }
    window.events += 1;
    // So few cannot take too much, and measuring costs time that most organisations need not pay.
    if (window.events <= UNMEASURED_EVENTS) return event;
    window.chars += charsOf(event);
    return window.chars > MAX_EVENT_CHARS_PER_WINDOW ? shortened(event) : event;
  };
}

/** Of what the caller chose the length of; the subject stands in the event, and once more as the actor. */
function charsOf({ claims, claimsOmitted, asked, subject }: NewAuditEvent): number {
  return JSON.stringify([claims, claimsOmitted, asked]).length + 2 * (subject?.length ?? 0);
}

/** The subject stays as it is recorded, since events are found by it; the actor says the same. */
function shortened(event: NewAuditEvent): NewAuditEvent {
  const { claims, asked, actor, detail } = event;
  return {
    ...event,
    claims: null,
    claimsOmitted: null,
    asked: JSON.stringify(asked).length > MAX_SHORT_VALUE_CHARS ? null : asked,
    actor: actor.length > MAX_SHORT_VALUE_CHARS ? `${actor.slice(0, MAX_SHORT_VALUE_CHARS)}…` : actor,
    detail: claims === null ? detail : [detail, LEFT_OUT].filter((text) => text !== null).join('; '),
  };
}
