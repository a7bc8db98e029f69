// What stands behind a token is found by index, however many tokens, accounts and roles there are (contract §7).

import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { TOKEN_STANDING_STATEMENTS } from '../../src/store/issued-tokens.ts';
import { ROLE_PERMISSION_STATEMENTS } from '../../src/store/role-permissions.ts';
import { freshDatabase } from '../support/schema.ts';

it.each([...TOKEN_STANDING_STATEMENTS, ...ROLE_PERMISSION_STATEMENTS])(
  'uses an index (contract §7): %s',
  async (sql) => {
    await freshDatabase();
    const parameters = [...sql.matchAll(/\?(\d)/g)].map(([, number]) => Number(number));
    const values = Array.from({ length: Math.max(...parameters) }, () => '[]');
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...values)
      .all<{ detail: string }>();
    const scans = results.map(({ detail }) => detail).filter((detail) => /^SCAN (?!wanted)/.test(detail));
    expect(scans).toEqual([]);
  },
);
