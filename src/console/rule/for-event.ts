// The address of a new rule that would accept what an audit event says was refused: as narrow as that one token.

import { isJsonObject } from '../../token/json.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { textOf } from '../api.ts';
import { MAX_NAME_CHARS } from '../../objects/limits.ts';
import { MAX_CARRIED_CLAIMS_CHARS } from '../limits.ts';
import { NEW_RULE_PATH } from '../routes.ts';

/**
 * Fills the form of a new rule in by its query; nothing is made before somebody looks at it, tries it and sends it. What a preset
 * refuses by default stays refused: the form says so when the rule is tried.
 */
export function newRuleFor(event: JsonObject, explanation: JsonObject | null, issuerUrl: string): string {
  const claims = event['claims'] !== undefined && isJsonObject(event['claims']) ? event['claims'] : {};
  const asked = event['asked'] !== undefined && isJsonObject(event['asked']) ? event['asked'] : {};
  const provider = explanation?.['provider'];
  const audiences = texts(claims['aud']);
  const sample = JSON.stringify(claims, null, 2);
  const members: Readonly<Record<string, string>> = {
    name: subjectOf(event, claims).slice(0, MAX_NAME_CHARS),
    providerIdentity: provider !== undefined && isJsonObject(provider) ? textOf(provider, 'identity') : '',
    serviceAccountIdentity: textOf(event, 'serviceAccount'),
    providerSubject: subjectOf(event, claims),
    // Left empty, they are this deployment.
    trustedAudiences: audiences.includes(issuerUrl) ? '' : audiences.join('\n'),
    allowedScopes: textOf(asked, 'scope').replaceAll(' ', '\n'),
    tokenAudiences: texts(asked['audience']).join('\n'),
    testClaims: encodeURIComponent(sample).length > MAX_CARRIED_CLAIMS_CHARS ? '' : sample,
  };
  const given = Object.entries(members).filter(([, value]) => value !== '');
  return `${NEW_RULE_PATH}?${new URLSearchParams(given).toString()}`;
}

/** An event keeps the beginning of a long subject, and its digest; the claims have it whole. */
function subjectOf(event: JsonObject, { sub }: JsonObject): string {
  const subject = textOf(event, 'subject');
  return /… \(SHA-256 [\w-]+\)$/.test(subject) && typeof sub === 'string' ? sub : subject;
}

function texts(value: JsonValue | undefined): readonly string[] {
  const values = Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
  return values.filter((one) => typeof one === 'string');
}
