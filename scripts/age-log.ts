// `npm run age [-- --events 1000000 --days 400]`: a log of that age, archived as it would have been, and what
// becomes of D1, of a list of a day long ago (a year, if the log is that old) and of `cambist audit verify`.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { runCli } from '../src/cli/run.ts';
import type { ArchiveEntryView } from '../src/objects/audit-archive.ts';
import { AGEING_PATH } from './age/ageing.ts';
import type { Aged, Ageing } from './age/ageing.ts';
import { buildBundle, ROOT } from './local/bundle.ts';
import { Refusal, runScript } from './local/refusal.ts';
import { workerSettings } from './local/settings.ts';
import { adminToken, keySecrets, openStateDir } from './local/state-dir.ts';
import { freePort, startLocalWorker } from './local/worker.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename, null);

const SECONDS_PER_DAY = 86_400;
const HOT_DAYS = 30;
/** Days that are written, and archived, before those that follow them: as fine as the figures need it. */
const STRIDE_DAYS = 5;
const REPORT_EVERY_DAYS = 50;
/** What an auditor asks for. */
const LONG_AGO_DAYS = 365;

await runScript('age', async () => {
  const { values } = parseArgs({
    options: { events: { type: 'string', default: '1000000' }, days: { type: 'string', default: '400' } },
  });
  const [events, days] = [wholeNumber('events', values.events), wholeNumber('days', values.days)];
  const directory = mkdtempSync(join(tmpdir(), 'cambist-age-'));
  let stop = async (): Promise<void> => {};
  try {
    const port = await freePort();
    const state = await openStateDir(directory, port);
    const token = adminToken(state, undefined).value;
    const worker = await startLocalWorker({
      port,
      bundle: await buildBundle(join(directory, 'bundle'), join(ROOT, 'scripts', 'age', 'worker.ts')),
      storage: join(directory, 'storage'),
      settings: { ...workerSettings({}, port), ADMIN_TOKEN: token, ...keySecrets(state, {}) },
      onLog: () => undefined,
      onWorkerd: state.recordWorkerd,
    });
    stop = async () => {
      await worker.stop();
      state.release();
    };
    await ageLog(worker.url, events, days);
    await showLog(worker.url, token, events, days);
  } finally {
    await stop();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
  process.exit();
});

function wholeNumber(name: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Refusal(`--${name} must be a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
}

/** Writes the events of all these days, a few days at a time, each followed by what the schedule would have done by then. */
async function ageLog(url: string, events: number, days: number): Promise<void> {
  const end = Math.floor(Date.now() / 1_000);
  const started = performance.now();
  let [written, archived, objects, heaviest] = [0, 0, 0, 0];
  for (let day = 0; day < days; day += STRIDE_DAYS) {
    const until = Math.min(day + STRIDE_DAYS, days);
    const ageing: Ageing = {
      from: end - (days - day) * SECONDS_PER_DAY,
      to: end - (days - until) * SECONDS_PER_DAY,
      events: Math.round((events * until) / days) - written,
      hotDays: HOT_DAYS,
    };
    const response = await fetch(url + AGEING_PATH, { method: 'POST', body: JSON.stringify(ageing) });
    if (!response.ok) throw new Refusal(`the log cannot be written: ${response.status} ${await response.text()}`);
    const aged = (await response.json()) as Aged;
    written += ageing.events;
    archived += aged.archivedEvents;
    objects += aged.objects;
    heaviest = Math.max(heaviest, aged.databaseBytes);
    if (until % REPORT_EVERY_DAYS === 0 || until === days)
      console.log(
        `day ${String(until).padStart(4)}: ${count(written)} events written, ${count(archived)} archived in ${count(objects)} objects; D1 has ${megabytes(aged.databaseBytes)}`,
      );
  }
  console.log(`aged in ${seconds(started)}; D1 never had more than ${megabytes(heaviest)}\n`);
}

/** Asks the service as anybody would. */
async function showLog(url: string, token: string, events: number, days: number): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const get = async <T>(path: string): Promise<{ readonly body: T; readonly next: string | null }> => {
    const response = await fetch(url + path, { headers });
    if (!response.ok) throw new Refusal(`${path} answered ${response.status}: ${await response.text()}`);
    const next = /<([^>]*)>/.exec(response.headers.get('link') ?? '')?.[1] ?? null;
    return { body: (await response.json()) as T, next };
  };
  const all = async <T>(path: string): Promise<{ readonly found: readonly T[]; readonly pages: number }> => {
    const found: T[] = [];
    let pages = 0;
    for (let next: string | null = path; next !== null; pages += 1) {
      const page: Awaited<ReturnType<typeof get<T[]>>> = await get<T[]>(next);
      found.push(...page.body);
      next = page.next;
    }
    return { found, pages };
  };
  const { found: chain } = await all<ArchiveEntryView>('/v1/audit-archive');
  const stored = chain.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(`the archive: ${count(chain.length)} objects, ${megabytes(stored)} in R2`);

  const daysAgo = Math.min(LONG_AGO_DAYS, Math.max(1, days - 2));
  const since = Math.floor(Date.now() / 1_000) - daysAgo * SECONDS_PER_DAY;
  const [from, to] = [timestamp(since), timestamp(since + SECONDS_PER_DAY)];
  const day = `since=${from}&until=${to}`;
  interface Event {
    readonly identity: string;
    readonly requestId: string;
    readonly subject: string;
  }
  const timed = async <T>(what: string, work: () => Promise<T>, say: (result: T) => string): Promise<T> => {
    const started = performance.now();
    const result = await work();
    console.log(`${what}: ${say(result)} in ${(performance.now() - started).toFixed(0)} ms`);
    return result;
  };
  console.log(`a day ${howLongAgo(daysAgo)}, ${from} to ${to}:`);
  await timed(
    '  its newest 50 events',
    async () => await get<Event[]>(`/v1/audit-events?${day}&limit=50`),
    ({ body }) => `${body.length} events`,
  );
  const { found } = await timed(
    '  all of it',
    async () => await all<Event>(`/v1/audit-events?${day}`),
    (result) => `${count(result.found.length)} events, ${result.pages} pages`,
  );
  const [one] = found;
  if (one === undefined) throw new Refusal('there are no events on that day: use more events, or fewer days');
  await timed(
    '  those of one repository',
    async () => await all<Event>(`/v1/audit-events?${day}&subject=${encodeURIComponent(one.subject)}`),
    (result) => `${count(result.found.length)} events`,
  );
  await timed(
    '  one by its id',
    async () => await get<Event>(`/v1/audit-events/${one.identity}`),
    ({ body }) => body.identity,
  );
  await timed(
    '  one by its request',
    async () => await get<Event[]>(`/v1/audit-events?requestId=${one.requestId}`),
    ({ body }) => `${body.length} event`,
  );
  await timed(
    'the whole log as NDJSON',
    async () =>
      await countLines(
        await fetch(`${url}/v1/audit-events`, { headers: { ...headers, accept: 'application/x-ndjson' } }),
      ),
    (lines) => {
      if (lines !== events) throw new Refusal(`the export has ${lines} events, not the ${events} that were written`);
      return `${count(lines)} events, each once`;
    },
  );
  const started = performance.now();
  console.log('\n$ cambist audit verify');
  const code = await runCli(['audit', 'verify'], {
    env: { CAMBIST_URL: url, CAMBIST_TOKEN: token },
    fetch,
    stdout: process.stdout,
    stderr: process.stderr,
    readStdin: async () => await Promise.resolve(''),
  });
  console.log(`(exit ${code}, ${seconds(started)})`);
  if (code !== 0) throw new Refusal('the archive does not hold');
}

/** The lines of an answer, which is not kept; an event that came twice would be one too many. */
async function countLines(response: Response): Promise<number> {
  const newline = '\n'.charCodeAt(0);
  let lines = 0;
  for await (const chunk of response.body ?? [])
    for (const byte of chunk as Uint8Array) if (byte === newline) lines += 1;
  return lines;
}

function howLongAgo(days: number): string {
  if (days === LONG_AGO_DAYS) return 'a year ago';
  return days === 1 ? '1 day ago' : `${days} days ago`;
}

function timestamp(epochSeconds: number): string {
  return new Date(epochSeconds * 1_000).toISOString().replace('.000Z', 'Z');
}

function count(number: number): string {
  return number.toLocaleString('en');
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1_000).toFixed(1)} s`;
}
