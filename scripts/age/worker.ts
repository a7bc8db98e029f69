// The production Worker but for one path, by which a log of years is written in minutes; for `npm run age` alone, never deployed.

import { waitUntil } from 'cloudflare:workers';

import { compose } from '../../src/wiring.ts';
import type { Settings } from '../../src/config.ts';
import { createApp } from '../../src/http/app.ts';
import { DEFAULT_ORGANISATION_ID } from '../../src/objects/organisation.ts';
import { typeIdOf } from '../../src/objects/typeid.ts';
import { runArchive } from '../../src/store/archive-run.ts';
import { examineSize } from '../../src/store/database-size.ts';
import { AGEING_PATH } from './ageing.ts';
import type { Aged, Ageing } from './ageing.ts';

type Bindings = Settings & { readonly DB: D1Database; readonly ARCHIVE: R2Bucket };

const RETENTION_DAYS = 3_650;
/** Rows of one statement, whose values are one JSON text of at most 2 MB. */
const ROWS_AT_ONCE = 500;
const REPOSITORIES = 40;
/** One in so many decisions is a refusal, as of a busy deployment whose rules are mostly right. */
const REFUSED_EVERY = 50;

const INSERT = `INSERT INTO audit_event (organisation_id, id, time, request_id, actor, action, outcome, reason, detail,
    service_account_id, federated_identity_id, issuer, subject, claims, token_id, ip, asked)
  SELECT '${DEFAULT_ORGANISATION_ID}', value ->> 'id', value ->> 'time', value ->> 'requestId', value ->> 'subject', 'token.exchange',
    value ->> 'outcome', value ->> 'reason', NULL, value ->> 'account', value ->> 'identity', value ->> 'issuer', value ->> 'subject',
    value ->> 'claims', value ->> 'tokenId', '192.0.2.10', '{"serviceAccount":"deployer"}' FROM json_each(?1)`;

async function age({ from, to, events, hotDays }: Ageing, env: Bindings): Promise<Aged> {
  for (let at = 0; at < events; at += ROWS_AT_ONCE) {
    const number = Math.min(ROWS_AT_ONCE, events - at);
    const rows = Array.from({ length: number }, (_, n) => eventAt(from + ((at + n) * (to - from)) / events, at + n));
    await env.DB.prepare(INSERT).bind(JSON.stringify(rows)).run();
  }
  let [objects, archivedEvents] = [0, 0];
  for (let isBehind = true; isBehind;) {
    const run = await runArchive(env.DB, env.ARCHIVE, to, { retentionDays: RETENTION_DAYS, hotDays });
    objects += run.objects;
    archivedEvents += run.events;
    ({ isBehind } = run);
  }
  return { objects, archivedEvents, databaseBytes: (await examineSize(env.DB)).bytes ?? 0 };
}

/** A grant, or a refusal, of a job of GitHub Actions, with the claims that such a token has. */
function eventAt(seconds: number, n: number): Readonly<Record<string, unknown>> {
  const time = Math.floor(seconds);
  const requestId = uuidAt(seconds);
  const repository = `acme/service-${n % REPOSITORIES}`;
  const isRefused = n % REFUSED_EVERY === 0;
  const subject = `repo:${repository}:ref:refs/heads/${isRefused ? `feature-${n}` : 'main'}`;
  const padded = String(n % REPOSITORIES).padStart(26, '0');
  return {
    id: typeIdOf('evt', requestId),
    time,
    requestId,
    subject,
    issuer: 'https://token.actions.githubusercontent.com',
    outcome: isRefused ? 'refused' : 'granted',
    reason: isRefused ? 'subject_mismatch' : null,
    account: isRefused ? null : `sa_${padded}`,
    identity: isRefused ? null : `fid_${padded}`,
    tokenId: isRefused ? null : crypto.randomUUID(),
    claims: JSON.stringify({
      jti: crypto.randomUUID(),
      sub: subject,
      aud: 'https://tokens.example.com',
      iss: 'https://token.actions.githubusercontent.com',
      exp: time + 300,
      iat: time,
      nbf: time,
      ref: 'refs/heads/main',
      ref_protected: 'true',
      ref_type: 'branch',
      sha: crypto.randomUUID().replaceAll('-', '') + '01234567',
      repository,
      repository_id: String(740_000 + (n % REPOSITORIES)),
      repository_owner: 'acme',
      repository_owner_id: '9919',
      repository_visibility: 'private',
      run_id: String(17_000_000_000 + n),
      run_number: String(n),
      run_attempt: '1',
      runner_environment: 'github-hosted',
      actor: `engineer-${n % 60}`,
      actor_id: String(1_000 + (n % 60)),
      workflow: 'deploy',
      workflow_ref: `${repository}/.github/workflows/deploy.yml@refs/heads/main`,
      workflow_sha: crypto.randomUUID().replaceAll('-', '') + '01234567',
      job_workflow_ref: `${repository}/.github/workflows/deploy.yml@refs/heads/main`,
      event_name: 'push',
      environment: 'production',
      head_ref: '',
      base_ref: '',
    }),
  };
}

/** A UUID that carries this time (RFC 9562 §5.7), as the id of a request does. */
function uuidAt(seconds: number): string {
  const time = Math.floor(seconds * 1_000)
    .toString(16)
    .padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`;
}

let app: ReturnType<typeof createApp> | null = null;

const worker: ExportedHandler<Bindings> = {
  fetch: async (request, env) => {
    if (new URL(request.url).pathname === AGEING_PATH) return Response.json(await age(await request.json(), env));
    app ??= createApp(
      compose(env, {
        fetch: (outgoing) => fetch(outgoing),
        now: () => Date.now() / 1_000,
        waitUntil: (work) => waitUntil(work),
        log: (event) => console.log(JSON.stringify(event)),
      }),
    );
    return app.fetch(request);
  },
};

export default worker;
