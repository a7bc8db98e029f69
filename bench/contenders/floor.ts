// The old floor on workerd: what no durable exchange can avoid that reads its rule each time: one D1 read, one D1 write.

import { Hono } from 'hono';

import { issue, verifySubject } from './bare-exchange.ts';
import type { FloorEnv, FloorRule } from './bare-exchange.ts';

const app: Hono<{ Bindings: FloorEnv }> = new Hono<{ Bindings: FloorEnv }>();
app.post('/oidc/token', async (c) => {
  const form = await c.req.parseBody();
  const claims = await verifySubject(c.env, String(form['subject_token']));
  const rule = await c.env.DB.prepare('SELECT account, scope FROM rule WHERE subject = ?1')
    .bind(claims.sub)
    .first<FloorRule>();
  if (rule === null) return c.json({ error: 'invalid_request' }, 400);
  const jti = crypto.randomUUID();
  await c.env.DB.prepare('INSERT INTO event (id, account, claims) VALUES (?1, ?2, ?3)')
    .bind(jti, rule.account, JSON.stringify(claims))
    .run();
  return c.json(await issue(c.env, rule, jti));
});

export default app;
