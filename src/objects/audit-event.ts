// The audit event as the API answers it (contract §5.7); nobody writes one.

import * as z from 'zod/mini';

import { AUDIT_OUTCOMES } from './audit-log.ts';
import type { ListedAuditEvent } from './audit-log.ts';

type OtherwiseAnswered = 'id' | 'time' | 'serviceAccountId' | 'federatedIdentityId';

/** What the API answers; `time` is RFC 3339 in UTC. */
export interface AuditEventView extends Omit<ListedAuditEvent, OtherwiseAnswered> {
  readonly identity: string;
  readonly time: string;
  readonly serviceAccount: string | null;
  readonly federatedIdentity: string | null;
}

const json = z.record(z.string(), z.unknown());

/** A member is absent if the request did not name it. */
const askedSchema = z.object({
  serviceAccount: z.optional(z.string()),
  organisation: z.optional(z.string()),
  federatedIdentity: z.optional(z.string()),
  scope: z.optional(z.string()),
  audience: z.optional(z.array(z.string())),
  project: z.optional(z.string()),
  tokenType: z.optional(z.enum(['access_token', 'id_token'])),
  lifetime: z.optional(z.int()),
  omitted: z.optional(z.array(z.string())),
});

/** For the reference. */
export const auditEventSchema: z.ZodMiniType = z.object({
  identity: z.string(),
  time: z.iso.datetime(),
  requestId: z.string(),
  actor: z.string(),
  action: z.string(),
  outcome: z.enum(AUDIT_OUTCOMES),
  reason: z.nullable(z.string()),
  detail: z.nullable(z.string()),
  serviceAccount: z.nullable(z.string()),
  federatedIdentity: z.nullable(z.string()),
  issuer: z.nullable(z.string()),
  subject: z.nullable(z.string()),
  claims: z.nullable(json),
  asked: z.nullable(askedSchema),
  tokenId: z.nullable(z.string()),
  ip: z.nullable(z.string()),
  changes: z.nullable(json),
  count: z.int(),
});
