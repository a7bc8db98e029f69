// `cambist audit verify` finds whatever was done to a chain of archived audit events (contract §5.7); the hashes are made here.

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { ARCHIVE_FORM, archiveText } from '../../src/objects/audit-archive.ts';
import type { ArchiveEntryView } from '../../src/objects/audit-archive.ts';
import { MAX_UNPACKED_OBJECT_BYTES } from '../../src/cli/limits.ts';
import { verifyArchive } from '../../src/cli/audit/verify-archive.ts';
import type { Anchor, Verdict } from '../../src/cli/audit/verify-archive.ts';
import { cambist } from './support/cli.ts';
import { FAKE_ENV, FAKE_URL } from './support/fake-api.ts';

const ORGANISATION = 'org_00000000000000000000000000';

interface Chain {
  entries: ArchiveEntryView[];
  objects: Map<number, Uint8Array>;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function chainOf(length: number, organisation = ORGANISATION): Chain {
  const chain: Chain = { entries: [], objects: new Map() };
  for (let sequence = 1; sequence <= length; sequence += 1) {
    const previous = chain.entries.at(-1)?.sha256 ?? null;
    const lines = [0, 1].map((n) =>
      JSON.stringify({
        identity: `evt_${sequence}${n}`,
        time: `2026-11-01T0${sequence}:00:0${n}Z`,
        actor: organisation,
      }),
    );
    const header = { form: ARCHIVE_FORM, organisation, sequence, previous, events: 2 } as const;
    const bytes = gzipSync(archiveText(header, lines));
    chain.objects.set(sequence, bytes);
    chain.entries.push({
      sequence,
      status: 'kept',
      sha256: sha256(bytes),
      previous,
      bytes: bytes.length,
      events: 2,
      firstEventAt: `2026-11-01T0${sequence}:00:00Z`,
      lastEventAt: `2026-11-01T0${sequence}:00:01Z`,
      archivedAt: '2026-12-01T00:00:00Z',
    });
  }
  return chain;
}

async function verdictOn({ entries, objects }: Chain, anchor: Anchor | null = null): Promise<Verdict> {
  return await verifyArchive(
    { entries, download: async (sequence) => objects.get(sequence) ?? null },
    ORGANISATION,
    anchor,
  );
}

/** Changes an entry as somebody could who writes to D1. */
function edit(chain: Chain, sequence: number, changes: Partial<ArchiveEntryView>): void {
  chain.entries = chain.entries.map((entry) => (entry.sequence === sequence ? { ...entry, ...changes } : entry));
}

/** The n-th object with other content, as somebody makes it who knows the form; its hash. */
function forge(chain: Chain, sequence: number, changes: { previous?: string | null; lines?: string[] } = {}): string {
  const entry = chain.entries[sequence - 1] as ArchiveEntryView;
  const lines = changes.lines ?? [
    JSON.stringify({ identity: 'evt_forged0', time: entry.firstEventAt }),
    JSON.stringify({ identity: 'evt_forged1', time: entry.lastEventAt }),
  ];
  const previous = changes.previous === undefined ? entry.previous : changes.previous;
  const bytes = gzipSync(
    archiveText({ form: ARCHIVE_FORM, organisation: ORGANISATION, sequence, previous, events: lines.length }, lines),
  );
  chain.objects.set(sequence, bytes);
  return sha256(bytes);
}

describe('a chain that nobody touched', () => {
  it('is whole, and its head is the last object (contract §5.7)', async () => {
    const chain = chainOf(4);
    expect(await verdictOn(chain)).toEqual({
      objects: 4,
      events: 8,
      removedUpTo: null,
      head: { sequence: 4, sha256: chain.entries[3]?.sha256 },
      faults: [],
    });
    expect(await verdictOn(chainOf(0))).toMatchObject({ objects: 0, head: null, faults: [] });
  });

  it('is whole after its beginning was deleted past its retention (contract §5.7)', async () => {
    const chain = chainOf(4);
    edit(chain, 2, { status: 'removed' });
    chain.entries.shift();
    chain.objects.delete(1);
    chain.objects.delete(2);
    expect(await verdictOn(chain)).toMatchObject({ objects: 2, removedUpTo: 2, faults: [] });
  });

  it('still has the head of an earlier check (contract §5.7)', async () => {
    const chain = chainOf(4);
    const anchor = (sequence: number): Anchor => ({ sequence, sha256: chain.entries[sequence - 1]?.sha256 ?? '' });
    expect((await verdictOn(chain, anchor(2))).faults).toEqual([]);
    const first = anchor(1);
    edit(chain, 2, { status: 'removed' });
    chain.entries.shift();
    expect((await verdictOn(chain, first)).faults).toEqual([]);
  });
});

describe('what was done to a chain', () => {
  it.each<[string, (chain: Chain) => void, string[]]>([
    ['an object is deleted', (chain) => void chain.objects.delete(2), ['2 missing']],
    ['the last object is deleted', (chain) => void chain.objects.delete(4), ['4 missing']],
    ['a byte of an object is changed', (chain) => chain.objects.get(3)?.set([7], 40), ['3 changed']],
    [
      'an object is cut short',
      (chain) => void chain.objects.set(3, chain.objects.get(3)?.slice(0, 50) ?? new Uint8Array()),
      ['3 changed'],
    ],
    ['an object is empty', (chain) => void chain.objects.set(1, new Uint8Array()), ['1 changed']],
    [
      'an object that unpacks to far more than one holds is in its place',
      (chain) => void chain.objects.set(1, gzipSync(Buffer.alloc(MAX_UNPACKED_OBJECT_BYTES + 1, '\n'))),
      ['1 changed'],
    ],
    ['an object is written anew', (chain) => void forge(chain, 2), ['2 changed']],
    [
      'an object and its entry are written anew',
      (chain) => edit(chain, 2, { sha256: forge(chain, 2) }),
      ['3 unchained'],
    ],
    [
      'an object, its entry and what the next entry says are written anew',
      (chain) => {
        const forged = forge(chain, 2);
        edit(chain, 2, { sha256: forged });
        edit(chain, 3, { previous: forged });
      },
      ['3 unchained'],
    ],
    [
      'two objects are exchanged',
      (chain) => {
        const [second, third] = [chain.objects.get(2), chain.objects.get(3)];
        chain.objects.set(2, third ?? new Uint8Array()).set(3, second ?? new Uint8Array());
      },
      ['2 swapped', '3 swapped'],
    ],
    [
      'an object of another organisation is in its place',
      (chain) => void chain.objects.set(2, chainOf(2, 'org_other').objects.get(2) ?? new Uint8Array()),
      ['2 swapped'],
    ],
    [
      'events are taken out of an object and its entry is made to fit',
      (chain) => edit(chain, 4, { sha256: forge(chain, 4, { lines: [] }) }),
      ['4 changed'],
    ],
    [
      'events are put in another order',
      (chain) => {
        const entry = chain.entries[3] as ArchiveEntryView;
        const lines = ['evt_2', 'evt_1', 'evt_3'].map((identity) =>
          JSON.stringify({ identity, time: entry.firstEventAt }),
        );
        edit(chain, 4, { sha256: forge(chain, 4, { lines }), events: 3, lastEventAt: entry.firstEventAt });
      },
      ['4 changed'],
    ],
    ['an entry is deleted', (chain) => void chain.entries.splice(1, 1), ['3 missing']],
    ['the first entry is deleted, as if it had been removed', (chain) => void chain.entries.shift(), ['2 missing']],
    [
      'an entry in the middle says that its object was removed',
      (chain) => edit(chain, 3, { status: 'removed' }),
      ['3 missing'],
    ],
  ])('is found: %s (contract §5.7)', async (_, tamper, expected) => {
    const chain = chainOf(4);
    tamper(chain);
    const { faults } = await verdictOn(chain);
    expect(faults.map(({ sequence, fault }) => `${sequence} ${fault}`)).toEqual(expected);
  });

  it('is found if the whole chain is made anew, or cut at its end, by the head of an earlier check (contract §5.7)', async () => {
    const anchor: Anchor = { sequence: 4, sha256: chainOf(4).entries[3]?.sha256 ?? '' };
    const anew = chainOf(4);
    edit(anew, 4, { sha256: forge(anew, 4) });
    expect((await verdictOn(anew)).faults).toEqual([]);
    expect((await verdictOn(anew, anchor)).faults).toMatchObject([{ sequence: 4, fault: 'changed' }]);
    expect((await verdictOn(chainOf(3), anchor)).faults).toMatchObject([{ sequence: 4, fault: 'missing' }]);
    expect((await verdictOn(chainOf(0), anchor)).faults).toMatchObject([{ sequence: 4, fault: 'missing' }]);
  });
});

describe('the command', () => {
  async function run(chain: Chain, ...more: string[]): ReturnType<typeof cambist> {
    const elsewhere = (url: URL): Response => {
      const at = url.pathname.replace('/v1/', '');
      if (at === 'me') return Response.json({ organisation: { identity: ORGANISATION, slug: 'default' } });
      if (at === 'audit-archive') return Response.json(chain.entries);
      const bytes = chain.objects.get(Number(at.split('/')[1]));
      return bytes === undefined
        ? Response.json({ detail: 'missing' }, { status: 404 })
        : new Response(new Uint8Array(bytes), { headers: { 'content-type': 'application/gzip' } });
    };
    return await cambist(['audit', 'verify', ...more], { env: FAKE_ENV, elsewhere });
  }

  it('exits 0 and prints the head if the chain is whole (contract §5.7)', async () => {
    const chain = chainOf(2);
    const head = `2:${chain.entries[1]?.sha256}`;
    const { code, stdout } = await run(chain);
    expect([code, stdout]).toEqual([
      0,
      `2 of 2 objects of default are whole: 4 events, from 2026-11-01T01:00:00Z to 2026-11-01T02:00:01Z.\nHead of the chain: ${head}\n`,
    ]);
    expect((await run(chain, '--anchor', head)).code).toBe(0);
    expect((await run(chainOf(0))).stdout).toBe('No audit events of default are archived.\n');
  });

  it('exits 1 and names every object at fault, in JSON too (contract §5.7)', async () => {
    const chain = chainOf(3);
    chain.objects.delete(2);
    const { code, stdout } = await run(chain);
    expect(code).toBe(1);
    expect(stdout).toContain(
      'object 2 is missing: its 2 events from 2026-11-01T02:00:00Z to 2026-11-01T02:00:01Z cannot be read',
    );
    const json = await run(chain, '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      organisation: 'default',
      objects: 2,
      faults: [{ sequence: 2, fault: 'missing' }],
    });
  });

  it('never takes an answer that is no object for one, and refuses an anchor that is none (contract §5.7)', async () => {
    const page = async (url: URL): Promise<Response> =>
      url.pathname.includes('archive/')
        ? new Response('<html>', { headers: { 'content-type': 'text/html' } })
        : Response.json(
            url.pathname.endsWith('me')
              ? { organisation: { identity: ORGANISATION, slug: 'default' } }
              : chainOf(1).entries,
          );
    const { code, stderr } = await cambist(['audit', 'verify'], { env: FAKE_ENV, elsewhere: page });
    expect(code).toBe(1);
    expect(stderr).toContain(`${FAKE_URL} answered 200 with`);
    expect((await run(chainOf(1), '--anchor', '1:abc')).code).toBe(2);
  });
});
