// `cambist audit`: lists audit events, or follows them; changes nothing.

import { setTimeout as sleep } from 'node:timers/promises';

import type { AuditEventView } from '../../objects/audit-event.ts';
import type { Api, JsonMap } from '../api.ts';
import { epochSeconds } from '../clock.ts';
import type { CommandBody, CommandContext, OptionReader } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { FOLLOW_INTERVAL_MS, FOLLOW_OVERLAP_SECONDS, LIST_PAGE, MAX_QUOTED_CHARS, SHOWN_EVENTS } from '../limits.ts';
import type { Output } from '../output.ts';
import { isJsonObject } from '../../token/json.ts';

export const auditCommand: CommandBody = {
  description:
    'Prints audit events, the oldest first: every grant, every refusal of a verified token, every change. With --json one event per line (NDJSON). Times are RFC 3339, or how long ago: 90s, 15m, 2h, 7d.',
  options: [
    { flags: '--since <time>', description: 'at or after this time' },
    { flags: '--until <time>', description: 'before this time' },
    { flags: '--action <action>', description: 'of this action, such as token.exchange or federated_identity.update' },
    {
      flags: '--outcome <outcome>',
      description: 'of this outcome',
      choices: ['granted', 'refused', 'shadow', 'success'],
    },
    { flags: '--service-account <id or slug>', description: 'of this service account', completes: 'service-accounts' },
    { flags: '--identity <id>', description: 'of this federated identity', completes: 'identity-ids' },
    { flags: '--issuer <url>', description: 'of tokens of this issuer' },
    { flags: '--subject <subject>', description: 'of tokens with this subject' },
    { flags: '--request-id <id>', description: 'of this request' },
    { flags: '--limit <number>', description: 'the newest so many; 50 by default, at most 1000' },
    { flags: '-f, --follow', description: 'go on, and print new events as they come' },
  ],
  arguments: [],
  examples: ['cambist audit --outcome refused --since 1h', 'cambist audit --follow --json'],
  run: audit,
};

/** Options that narrow the list, with the API's parameter for each. */
const FILTERS = [
  ['action', 'action'],
  ['outcome', 'outcome'],
  ['service-account', 'serviceAccount'],
  ['identity', 'federatedIdentity'],
  ['issuer', 'issuer'],
  ['subject', 'subject'],
  ['request-id', 'requestId'],
] as const;

type Query = Readonly<Record<string, string | undefined>>;

/** Prints events, the oldest first; with `--follow` it goes on until it is interrupted. */
async function audit(context: CommandContext): Promise<void> {
  const { options, output } = context;
  const query: Query = {
    ...Object.fromEntries(FILTERS.map(([option, parameter]) => [parameter, options.text(option)])),
    since: timeOf('since', options),
    until: timeOf('until', options),
  };
  const limit = options.wholeNumber('limit', 1) ?? SHOWN_EVENTS;
  if (limit > LIST_PAGE) throw usageFailure(`--limit is at most ${LIST_PAGE}.`, '--since narrows the time instead.');
  const api = await context.api();
  const isFollowing = options.flag('follow');
  // What is not shown at first must be known all the same, or it would look new.
  const first = await readEvents(api, query, isFollowing ? LIST_PAGE : limit);
  show(first.slice(-limit), output);
  if (isFollowing) await follow(api, query, first, context);
  else if (first.length === 0 && !output.isJson) output.line('There is no such event.');
}

async function follow(
  api: Api,
  query: Query,
  first: readonly AuditEventView[],
  { output, world }: CommandContext,
): Promise<void> {
  let newest = secondsOf(first.at(-1)) ?? epochSeconds();
  let seen = new Set(first.map(({ identity }) => identity));
  while (world.stdout.hasReader?.() !== false) {
    await sleep(FOLLOW_INTERVAL_MS);
    // An event has the time of its request, and can be written after one of a later request.
    const since = timestamp(newest - FOLLOW_OVERLAP_SECONDS);
    const events = await readEvents(api, { ...query, since }, LIST_PAGE);
    show(
      events.filter(({ identity }) => !seen.has(identity)),
      output,
    );
    newest = secondsOf(events.at(-1)) ?? newest;
    seen = new Set(events.map(({ identity }) => identity));
  }
}

function secondsOf(event: AuditEventView | undefined): number | null {
  return event === undefined ? null : Math.floor(Date.parse(event.time) / 1000);
}

function timestamp(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** The newest that the query leaves, oldest first; a page may hold fewer than its limit and not be the last. */
async function readEvents(api: Api, query: Query, atMost: number): Promise<readonly AuditEventView[]> {
  return (await api.list<AuditEventView>('/audit-events', { ...query, limit: String(atMost) }, atMost)).toReversed();
}

function show(events: readonly AuditEventView[], output: Output): void {
  for (const event of events) {
    if (output.isJson) output.raw(`${JSON.stringify(event)}\n`);
    else showEvent(event, output);
  }
}

function showEvent(event: AuditEventView, { line, paint }: Output): void {
  const { time, outcome, action, subject, actor, reason, count, requestId, federatedIdentity, changes } = event;
  const colour = outcome === 'refused' ? 'red' : outcome === 'shadow' ? 'yellow' : 'green';
  const times = count > 1 ? `  ${count} times` : '';
  line(
    `${time}  ${paint(colour, outcome.padEnd(7))}  ${action}  ${subject ?? actor}${nameIn(changes)}${reason === null ? '' : `  ${reason}`}${times}`,
  );
  if (outcome === 'refused' && event.detail !== null) line(`${' '.repeat(22)}${shortened(event.detail)}`);
  const changed = action.endsWith('.update') ? changedIn(changes) : [];
  if (changed.length > 0) line(paint('dim', `${' '.repeat(22)}${changed.join(', ')}`));
  if (action === 'token.exchange')
    line(paint('dim', `${' '.repeat(22)}${federatedIdentity ?? 'no federated identity'}  request ${requestId}`));
}

/** What `cambist explain` says in full. */
function shortened(detail: string): string {
  return detail.length > MAX_QUOTED_CHARS ? `${detail.slice(0, MAX_QUOTED_CHARS)}…` : detail;
}

/** The name of the object that was changed, or its id if it has none. */
function nameIn(changes: AuditEventView['changes']): string {
  const { before, after, ...object } = (changes ?? {}) as JsonMap &
    Readonly<Record<'before' | 'after', JsonMap | null>>;
  const { name, identity, active } = { ...object, ...(after ?? before) };
  const shown = name ?? identity ?? active;
  return shown === undefined ? '' : `  ${String(shown)}`;
}

/** Which members an update changed; its version and time always change. */
function changedIn(changes: AuditEventView['changes']): readonly string[] {
  const { before, after, omitted } = (changes ?? {}) as JsonMap;
  if (!isJsonObject(before) || !isJsonObject(after)) return [];
  const names = new Set([...Object.keys(before), ...Object.keys(after), ...(Array.isArray(omitted) ? omitted : [])]);
  return [...names].map(String).filter((name) => !['objectVersion', 'updatedAt'].includes(name));
}

/** An instant in RFC 3339, or how long ago it was (`90s`, `15m`, `2h`, `7d`). */
function timeOf(option: 'since' | 'until', options: OptionReader): string | undefined {
  const text = options.text(option);
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text ?? '') ?? [];
  if (text !== undefined && count === undefined && !/^\d{4}-\d\d-\d\d[Tt]/.test(text))
    throw usageFailure(
      `--${option} is no time: ${JSON.stringify(text)}.`,
      'It is RFC 3339, such as 2027-01-31T12:00:00Z, or how long ago: 90s, 15m, 2h, 7d.',
    );
  if (count === undefined) return text;
  const seconds = Number(count) * ({ s: 1, m: 60, h: 3_600, d: 86_400 }[unit] ?? 1);
  return timestamp(epochSeconds() - seconds);
}
