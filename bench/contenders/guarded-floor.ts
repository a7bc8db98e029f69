// The new floor on workerd: what no durable exchange can avoid that knows its rule: one D1 write, which holds only if the rule is still that one.

import { Hono } from 'hono';

import { issue, verifySubject } from './bare-exchange.ts';
import type { FloorEnv, FloorRule } from './bare-exchange.ts';

interface KnownRule extends FloorRule {
  readonly version: number;
}

const known = new Map<string, KnownRule>();

const app: Hono<{ Bindings: FloorEnv }> = new Hono<{ Bindings: FloorEnv }>();
app.post('/oidc/token', async (c) => {
  const { DB } = c.env;
  const form = await c.req.parseBody();
  const claims = await verifySubject(c.env, String(form['subject_token']));
  const subject = claims.sub ?? '';
  const read = async (): Promise<KnownRule | null> =>
    DB.prepare('SELECT account, scope, version FROM rule, epoch WHERE subject = ?1').bind(subject).first<KnownRule>();
  for (let rule = known.get(subject) ?? (await read()); rule !== null; rule = await read()) {
    known.set(subject, rule);
    const jti = crypto.randomUUID();
    const { meta } = await DB.prepare(
      'INSERT INTO event (id, account, claims) SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM epoch WHERE version = ?4)',
    )
      .bind(jti, rule.account, JSON.stringify(claims), rule.version)
      .run();
    if (meta.changes === 1) return c.json(await issue(c.env, rule, jti));
  }
  return c.json({ error: 'invalid_request' }, 400);
});

export default app;
