// What explaining is asked and what it answers (contract §5.6); never the token.

import { VERIFICATION_CHECKS } from '../exchange/verification-checks.ts';
import { auditEventSchema } from './audit-event.ts';
import type { AuditEventView } from './audit-event.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import { MAX_AUDIENCE_CHARS, MAX_AUDIENCES, MAX_BODY_BYTES, MAX_NAME_CHARS } from './limits.ts';
import type { InputOf, Members } from './definition.ts';
import { anything, arrayOf, boolean, integer, object, oneOfTexts, orNull, string } from './json-schema.ts';
import { identifier, line, text, textLike } from './rule.ts';
import type { JsonRule, OneOrManyRule, TextRule } from './rule.ts';

const claims: JsonRule = { kind: 'json', must: 'must be an object of claims' };
const audiences: OneOrManyRule<TextRule> = {
  kind: 'oneOrMany',
  of: line(1, MAX_AUDIENCE_CHARS),
  max: MAX_AUDIENCES,
  must: 'must be an audience or a list of audiences',
};

/** What explaining is asked; accounts are named by id or slug, scopes delimited by spaces. */
export const explainRequest = {
  // How long a token may be, decoding says.
  subjectToken: { is: text(1, MAX_BODY_BYTES), null: 'absent' },
  claims: { is: claims, null: 'absent' },
  serviceAccountIdentity: { is: line(1, MAX_NAME_CHARS), null: 'absent' },
  federatedIdentity: { is: identifier('fid'), null: 'absent' },
  scope: { is: text(1, MAX_BODY_BYTES), null: 'absent' },
  audience: { is: audiences, null: 'absent' },
  project: {
    is: textLike(1, MAX_NAME_CHARS * 2, /^[\x21-\x7e]+$/, 'must be visible ASCII characters without spaces'),
    null: 'absent',
  },
  /** Alone. */
  requestId: { is: line(1, MAX_NAME_CHARS), null: 'absent' },
} as const satisfies Members;
export type ExplainInput = InputOf<typeof explainRequest>;

/** What the API answers. */
export interface ExplanationView {
  /** Of a recorded request. */
  readonly event?: AuditEventView;
  readonly verification: {
    /** Null for bare claims, of which nothing is verified. */
    readonly ok: boolean | null;
    readonly checks: readonly { readonly check: string; readonly ok: boolean | null; readonly detail: string | null }[];
  };
  readonly provider: {
    readonly identity: string;
    readonly name: string | null;
    readonly providerIssuer: string;
    readonly preset: string;
    readonly status: string;
  } | null;
  readonly identities: readonly {
    readonly identity: string;
    readonly name: string;
    readonly serviceAccount: { readonly identity: string; readonly slug: string };
    readonly mode: string;
    readonly matched: boolean;
    readonly checks: readonly {
      readonly check: string;
      readonly claim: string | null;
      readonly expected: JsonValue;
      readonly actual: JsonValue;
      readonly ok: boolean | null;
      readonly hint: string | null;
    }[];
  }[];
  /** There are more rules than are listed; those that an exchange considers are all there. */
  readonly truncated: boolean;
  readonly decision: 'granted' | 'refused';
  /** The code of a refusal, as audit events have it. */
  readonly reason: string | null;
  readonly detail: string | null;
  /** Which identity decides. */
  readonly federatedIdentity: string | null;
  readonly wouldIssue: {
    readonly scope: string;
    readonly audience: string | readonly string[];
    /** Seconds. */
    readonly expiresIn: number;
    readonly roles: readonly string[];
    readonly project: string | null;
  } | null;
  /** What to change beyond the hints of single checks; absent if there is nothing. */
  readonly advice?: readonly string[];
}

/** For the reference. */
export const explanationSchema: JsonObject = object(
  {
    event: auditEventSchema,
    verification: object({
      ok: orNull(boolean),
      checks: arrayOf(object({ check: oneOfTexts(VERIFICATION_CHECKS), ok: orNull(boolean), detail: orNull(string) })),
    }),
    provider: orNull(
      object({
        identity: string,
        name: orNull(string),
        providerIssuer: string,
        preset: string,
        status: string,
      }),
    ),
    identities: arrayOf(
      object({
        identity: string,
        name: string,
        serviceAccount: object({ identity: string, slug: string }),
        mode: string,
        matched: boolean,
        checks: arrayOf(
          object({
            check: oneOfTexts([
              'status',
              'audience',
              'subject',
              'preset',
              'condition',
              'expression',
              'scope',
              'token_audience',
              'project',
              'replay',
            ]),
            claim: orNull(string),
            expected: anything,
            actual: anything,
            ok: orNull(boolean),
            hint: orNull(string),
          }),
        ),
      }),
    ),
    truncated: boolean,
    decision: oneOfTexts(['granted', 'refused']),
    reason: orNull(string),
    detail: orNull(string),
    federatedIdentity: orNull(string),
    wouldIssue: orNull(
      object({
        scope: string,
        audience: { anyOf: [string, arrayOf(string)] },
        expiresIn: integer,
        roles: arrayOf(string),
        project: orNull(string),
      }),
    ),
    advice: arrayOf(string),
  },
  ['event', 'advice'],
);
