// The columns that every object of the API has, mapped in one place; it knows no table.

import type { ObjectMeta, StringMap } from '../objects/storage.ts';
import { readJson } from '../token/json-reader.ts';

export interface ObjectMetaRow {
  readonly name: string;
  readonly description: string;
  readonly labels: string;
  readonly annotations: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly object_version: number;
}

/** Maps the shared columns of a row. */
export function toObjectMeta(row: ObjectMetaRow): ObjectMeta {
  return {
    name: row.name,
    description: row.description,
    labels: readJson(row.labels) as StringMap,
    annotations: readJson(row.annotations) as StringMap,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    objectVersion: row.object_version,
  };
}
