// Whether a rule on an issuer that many tenants share names one of them; without a name it would trust them all.

import { asPointer, listedValues } from './listed-values.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import type { Tenancy } from '../platforms/preset.ts';
import { tenancyOf } from '../platforms/presets.ts';

type TenantRule = Pick<FederatedIdentity, 'providerSubject' | 'providerSubjectMatch' | 'conditions'>;

/**
 * Says why a rule is refused because it names no tenant, and what would name one; null if the issuer is not shared or the
 * rule names a tenant (contract §5.3). Asked when a rule is written and again when it is matched.
 */
export function tenantFault(
  rule: TenantRule,
  provider: { readonly providerIssuer: string; readonly subjectClaim: string },
): string | null {
  const shared = tenancyOf(provider.providerIssuer);
  if (shared === null || namesTenant(rule, provider.subjectClaim, shared.tenancy)) return null;
  const { subjects, tenantClaims } = shared.tenancy;
  const inSubject = `write ${subjects.map(shownSubject).join(' or ')} literally in the subject`;
  const inConditions =
    tenantClaims.length === 0
      ? ''
      : `, or list a value of one of these claims in the conditions: ${tenantClaims.join(', ')}`;
  return (
    `names no tenant: many share the issuer ${provider.providerIssuer} (${shared.title}), and each of them could send such a token; ` +
    inSubject +
    inConditions
  );
}

/** A template for people: what may follow it is shown by an ellipsis. */
export function shownSubject(template: string): string {
  return template.endsWith('}') ? template : `${template}…`;
}

function namesTenant(rule: TenantRule, subjectClaim: string, tenancy: Tenancy): boolean {
  const { providerSubject, conditions } = rule;
  const claim = asPointer(subjectClaim);
  const inSubject =
    claim === '/sub'
      ? subjectNamesTenant(providerSubject, tenancy)
      : tenancy.tenantClaims.some((one) => asPointer(one) === claim) && isLiteral(providerSubject);
  if (inSubject) return true;
  if (tenancy.tenantClaims.some((one) => namesOneEach(listedValues(conditions, one), isLiteral))) return true;
  // A provider may read another claim as the subject; sub is then a claim like any other.
  return namesOneEach(listedValues(conditions, 'sub'), (value) => subjectNamesTenant(value, tenancy));
}

/** True if there are values, and each of them names a tenant. */
function namesOneEach(values: ReadonlySet<string>, names: (value: string) => boolean): boolean {
  return values.size > 0 && [...values].every(names);
}

function subjectNamesTenant(subject: string, { subjects, isComposed, tenantClaims }: Tenancy): boolean {
  const beginsWithTenant = (text: string): boolean => subjects.some((template) => patternOf(template).test(text));
  if (!isComposed) return beginsWithTenant(subject);
  const parts = subject.split(':');
  for (let at = 0; at < parts.length;) {
    if (beginsWithTenant(parts.slice(at).join(':'))) return true;
    const [key = '', value = ''] = parts.slice(at, at + 2);
    if (tenantClaims.includes(key) && isLiteral(value.split('/')[0] ?? '')) return true;
    // Behind a pattern, a part can be a key or a value: which one, whoever composes the subject decides.
    if (key.includes('*') || value.includes('**')) return false;
    // The one context that has no value.
    at += key === 'pull_request' ? 1 : 2;
  }
  return false;
}

function isLiteral(text: string): boolean {
  return text.trim() !== '' && !text.includes('*');
}

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  uuid: '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}',
  number: '[0-9]+',
};

/** A template of the platforms' data as a pattern; a run ends at the character that follows it, or where the subject ends. */
function patternOf(template: string): RegExp {
  const source = template.replaceAll(
    /\{(\w+)\}(.?)|[.*+?^$()|[\]\\]/g,
    (all, name: string | undefined, end: string) => {
      if (name === undefined) return `\\${all}`;
      const run = PLACEHOLDERS[name] ?? `[^*${end}]+`;
      return run + (name === 'tenant' ? `(?:${end}|$)` : end === '' ? '$' : end);
    },
  );
  return new RegExp(`^${source}`);
}
