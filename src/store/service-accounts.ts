// The table service_account: rows in, typed objects out; it decides nothing about who may act as an account.

import type { ServiceAccount } from '../core/model.ts';

/** The columns an account is decided by. */
export interface ServiceAccountRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly slug: string;
  readonly status: 'active' | 'inactive';
}

/** Maps a row to the service account that core knows. */
export function toServiceAccount(row: ServiceAccountRow): ServiceAccount {
  return { id: row.id, organisationId: row.organisation_id, slug: row.slug, status: row.status };
}
