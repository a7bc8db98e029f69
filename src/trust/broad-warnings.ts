// Which of the warnings about a rule say that it lets more in than its author may think; the others say that it may match nothing.

import type { FederatedIdentity } from '../objects/federated-identity.ts';
import type { PresetName } from '../platforms/preset.ts';
import { ruleWarnings } from '../rules/rule-warnings.ts';
import type { RuleWarning } from '../rules/rule-warnings.ts';

const BROAD: ReadonlySet<RuleWarning['code']> = new Set([
  'partial_wildcard',
  'pull_request_subject',
  'github_name_only',
  'default_service_account',
  'double_wildcard',
]);

/** Those that say that the rule lets too much in. */
export function broadWarnings(rule: FederatedIdentity, preset: PresetName): readonly RuleWarning[] {
  return ruleWarnings(rule, preset).filter(({ code }) => BROAD.has(code));
}

/** Those that say why it may match nothing. */
export function idleWarnings(rule: FederatedIdentity, preset: PresetName): readonly RuleWarning[] {
  return ruleWarnings(rule, preset).filter(({ code }) => !BROAD.has(code));
}
