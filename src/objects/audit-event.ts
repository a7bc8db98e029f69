// The audit event as the API answers it (contract §5.7); nobody writes one.

import * as z from 'zod';

import { AUDIT_OUTCOMES } from './audit-log.ts';
import type { AuditOutcome } from './audit-log.ts';
import type { JsonObject } from '../token/json.ts';

/** What the API answers; `time` is RFC 3339 in UTC. */
export interface AuditEventView {
  readonly identity: string;
  readonly time: string;
  readonly requestId: string;
  readonly actor: string;
  readonly action: string;
  readonly outcome: AuditOutcome;
  /** The code of a refusal. */
  readonly reason: string | null;
  /** What an operator reads: the reason in full, or a note on a grant. */
  readonly detail: string | null;
  readonly serviceAccount: string | null;
  readonly federatedIdentity: string | null;
  readonly issuer: string | null;
  readonly subject: string | null;
  /** The token's, without the token. */
  readonly claims: JsonObject | null;
  /** What the request asked for, as far as it named it. */
  readonly asked: JsonObject | null;
  /** `jti` of the token issued or revoked. */
  readonly tokenId: string | null;
  readonly ip: string | null;
  readonly changes: JsonObject | null;
  /** Equal refusals within a minute are one event. */
  readonly count: number;
}

const json = z.record(z.string(), z.unknown());

/** A member is absent if the request did not name it. */
const askedSchema = z.object({
  serviceAccount: z.string().optional(),
  organisation: z.string().optional(),
  federatedIdentity: z.string().optional(),
  scope: z.string().optional(),
  audience: z.array(z.string()).optional(),
  project: z.string().optional(),
  tokenType: z.enum(['access_token', 'id_token']).optional(),
  lifetime: z.int().optional(),
  omitted: z.array(z.string()).optional(),
});

/** For the reference. */
export const auditEventSchema: z.ZodType = z.object({
  identity: z.string(),
  time: z.iso.datetime(),
  requestId: z.string(),
  actor: z.string(),
  action: z.string(),
  outcome: z.enum(AUDIT_OUTCOMES),
  reason: z.string().nullable(),
  detail: z.string().nullable(),
  serviceAccount: z.string().nullable(),
  federatedIdentity: z.string().nullable(),
  issuer: z.string().nullable(),
  subject: z.string().nullable(),
  claims: json.nullable(),
  asked: askedSchema.nullable(),
  tokenId: z.string().nullable(),
  ip: z.string().nullable(),
  changes: json.nullable(),
  count: z.int(),
});
