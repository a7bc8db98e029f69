// Reads the chain of an organisation's archive for whoever verifies it: its entries, and each object as it is stored.

import type { ArchiveStore } from '../objects/audit-archive.ts';
import type { Organisation } from '../objects/organisation.ts';
import { chainStatement, toEntry } from './archive-index.ts';
import type { EntryRow } from './archive-index.ts';
import { bound, openObject } from './archive-object.ts';
import { rowsOf, runBatch } from './d1.ts';
import { selectOrganisation } from './organisations.ts';

/** The archive of a deployment. */
export function archiveStore(db: D1Database, bucket: R2Bucket | null): ArchiveStore {
  const list: ArchiveStore['list'] = async (organisation, after, limit) => {
    const { sql, values } = chainStatement(organisation, after, limit);
    const [owner, rows] = await runBatch(db, [selectOrganisation(db, organisation), db.prepare(sql).bind(...values)]);
    const entries = rowsOf<EntryRow>(rows).map(toEntry);
    return {
      organisation: rowsOf<Organisation>(owner)[0] ?? null,
      entries: entries.slice(0, limit),
      hasMore: entries.length > limit,
    };
  };
  return {
    list,
    open: async (organisation, sequence) => {
      const { organisation: owner, entries } = await list(organisation, sequence - 1, 1);
      const entry = entries.find((one) => one.sequence === sequence) ?? null;
      const isKept = owner !== null && entry !== null && !entry.isRemoved;
      return { organisation: owner, entry, body: isKept ? await openObject(bound(bucket), owner.id, entry) : null };
    },
  };
}
