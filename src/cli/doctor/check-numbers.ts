// What GET /metrics says of the deployment: the release, how full the database is, and how far the archive is behind.

import type { CommandContext } from '../command.ts';
import type { Send } from '../send.ts';
import { FULL_DATABASE_SHARE, NOTED_ARCHIVE_LAG_SECONDS, REQUEST_TIMEOUT_MS } from '../limits.ts';
import type { Tell } from './finding.ts';

/** Looks at the numbers; says what credential they need if this one may not see them. */
export async function checkNumbers({ settings, world }: CommandContext, version: string, tell: Tell): Promise<void> {
  const answer = await ask(`${settings.url()}/metrics`, await settings.token(), world.fetch);
  if (answer === null || answer.status === 404)
    return tell(
      'numbers',
      'skipped',
      '/metrics does not answer',
      'The deployment may be of an older release: `npm run deploy`.',
    );
  if (answer.status === 401 || answer.status === 403)
    return tell(
      'numbers',
      'skipped',
      'this credential may not read them',
      'The root token may, and a token of the organisation default with the scope metrics:read.',
    );
  if (answer.status !== 200) return tell('numbers', 'failed', `/metrics answers ${answer.status}`);
  const samples = samplesOf(answer.text);
  checkRelease([...samples.keys()], version, tell);
  checkSize(samples, tell);
  checkArchive(samples.get('cambist_archive_lag_seconds'), tell);
}

function checkRelease(names: readonly string[], version: string, tell: Tell): void {
  const [, deployed] =
    /^cambist_info\{version="([^"]{1,40})"\}$/.exec(names.find((name) => name.startsWith('cambist_info')) ?? '') ?? [];
  if (deployed === version) return tell('release', 'ok', `${version}, as this command line`);
  tell(
    'release',
    'warning',
    `the deployment is ${deployed ?? 'of an unknown release'}, this command line is ${version}`,
    'Bring both to one release: `npm run deploy`.',
  );
}

function checkSize(samples: ReadonlyMap<string, number>, tell: Tell): void {
  const [bytes, limit] = [samples.get('cambist_database_size_bytes'), samples.get('cambist_database_limit_bytes')];
  if (bytes === undefined || limit === undefined || limit <= 0)
    return tell('size', 'skipped', 'the size of D1 is not known');
  const share = bytes / limit;
  const detail = `D1 holds ${(bytes / 1e6).toFixed(1)} MB, ${(share * 100).toFixed(1)} % of what it can`;
  if (share < FULL_DATABASE_SHARE) return tell('size', 'ok', detail);
  tell(
    'size',
    'warning',
    detail,
    'Bind an R2 bucket as ARCHIVE, or keep events for fewer days (AUDIT_RETENTION_DAYS), and deploy: `npm run deploy`.',
  );
}

function checkArchive(lag: number | undefined, tell: Tell): void {
  if (lag === undefined)
    return tell('archive', 'skipped', 'none is bound: audit events end after AUDIT_RETENTION_DAYS');
  if (lag <= NOTED_ARCHIVE_LAG_SECONDS) return tell('archive', 'ok', 'every event that is due has left D1');
  tell(
    'archive',
    'warning',
    `it is ${Math.round(lag / 3600)} h behind`,
    'The log of the Worker says why its hourly run fails: `npx wrangler tail`.',
  );
}

/** Every sample by its name and labels; a text that is none has none. */
function samplesOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

async function ask(url: string, token: string, send: Send): Promise<{ status: number; text: string } | null> {
  try {
    const response = await send(url, {
      headers: { authorization: `Bearer ${token}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    return { status: response.status, text: await response.text() };
  } catch {
    return null;
  }
}
