// Digests of secrets: what is equal, and that nothing in the Worker compares a secret in any other way.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { isSameDigest, sha256 } from '../../src/token/digest.ts';

const SRC = join(import.meta.dirname, '../../src');
/** What runs in the Worker: no caller of the command line or the SDK can measure it. */
const WORKER = /^(?:(?:token|rules|exchange|objects|platforms|issuers|signing|store|http)\/|[\w-]+\.ts$)/;

/** What is called after a secret, or is the digest of one. */
const SECRET = /secret|password|adminToken|rootToken|sha256|digest/i;
/** Whether there is one at all is no secret. */
const ABSENT = /^(?:null|undefined|''|'\w+'|\d+)/;
const SEARCHES = /(?:includes|startsWith|endsWith|indexOf|localeCompare|has)\(([\w.?]+)\)/g;
/** In SQL an index or a comparison would stop at the first byte that differs. */
const SQL = /(?:WHERE|AND|OR)\s+[\w.]*secret\w*\s*(?:=|IN\b|LIKE\b)/i;

/** The lines that compare a secret by something that ends where it differs. */
function earlyEnds(source: string): string[] {
  return source.split('\n').filter((line) => {
    const searched = [...line.matchAll(SEARCHES)].some(([, what = '']) => SECRET.test(what));
    return searched || SQL.test(line) || hasSecretOperand(line);
  });
}

function hasSecretOperand(line: string): boolean {
  const parts = line.split(/\s*[!=]==?\s*/);
  return parts.slice(1).some((right, index) => {
    const [left = ''] = /(?:typeof )?[\w.?]+(?:\([^()]*\))?\)*$/.exec(parts[index] ?? '') ?? [];
    const [compared = ''] = /^[(\s]*(?:await )?[\w.?']+/.exec(right) ?? [];
    return !ABSENT.test(compared) && !left.startsWith('typeof ') && (SECRET.test(left) || SECRET.test(compared));
  });
}

describe('the digests of secrets', () => {
  it('are the same where every character is', async () => {
    const digest = await sha256('secret');
    expect(digest).toMatch(/^[\w-]{43}$/);
    expect(isSameDigest(digest, await sha256('secret'))).toBe(true);
    expect(isSameDigest(digest, await sha256('secret '))).toBe(false);
    for (const [index, char] of digest.split('').entries()) {
      const changed = digest.slice(0, index) + (char === 'A' ? 'B' : 'A') + digest.slice(index + 1);
      expect(isSameDigest(digest, changed), `character ${index}`).toBe(false);
    }
  });

  it('are never the same as a part of one, more than one, or none', async () => {
    const digest = await sha256('secret');
    for (const other of ['', digest.slice(1), digest.slice(0, -1), `${digest}\0`, `${digest}A`]) {
      expect(isSameDigest(digest, other)).toBe(false);
      expect(isSameDigest(other, digest)).toBe(false);
    }
  });

  it('are compared to the end, whichever character differs', async () => {
    const digest = await sha256('secret');
    const readsOf = (other: string): number => {
      let reads = 0;
      const counted = Object.assign(Object(other), {
        charCodeAt: (index: number) => {
          reads += 1;
          return other.charCodeAt(index);
        },
      }) as string;
      isSameDigest(digest, counted);
      return reads;
    };
    expect([digest, `~${digest.slice(1)}`, `${digest.slice(0, -1)}~`, ''].map(readsOf)).toEqual([43, 43, 43, 43]);
  });
});

describe('no secret', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && WORKER.test(path))
    .map((path) => ({ path, source: readFileSync(join(SRC, path), 'utf8') }));

  it('is compared in a time that tells where it differs', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap(({ path, source }) => earlyEnds(source).map((line) => `${path}: ${line.trim()}`))).toEqual([]);
    const compared = files.filter(({ source }) => /\bisSameDigest\(/.test(source)).map(({ path }) => path);
    expect(compared.toSorted()).toEqual([
      'exchange/authenticate-credential.ts',
      'http/bearer.ts',
      'store/archive-object.ts',
      'token/digest.ts',
    ]);
  });

  it.each([
    "const matches = (await sha256(accessSecret)) === (credential?.secretSha256 ?? '');",
    'if (given === config.adminToken) return root;',
    'return given !== expectedDigest;',
    'return given == adminToken;',
    'secrets.has(accessSecret)',
    "'SELECT * FROM access_credential c WHERE c.secret_sha256 = ?1'",
  ])('would be overlooked in: %s', (line) => {
    expect(earlyEnds(line)).toEqual([line]);
  });

  it.each([
    'if (secretSha256 === null) throw new Error();',
    "if (expected === null || expected === '') return false;",
    "if (typeof accessSecret === 'string') return;",
    "if (adminToken === undefined || kind !== 'root') return;",
  ])('is compared by asking whether there is one: %s', (line) => {
    expect(earlyEnds(line)).toEqual([]);
  });
});
