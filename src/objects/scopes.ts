// Lists of scopes (RFC 6749 §3.3), as several objects have them.

import { isScopeToken } from '../rules/scope.ts';
import { MAX_SCOPE_CHARS, MAX_SCOPES } from './limits.ts';
import { list, text } from './rule.ts';
import type { ListRule, TextRule } from './rule.ts';

const scope = text(1, MAX_SCOPE_CHARS, (value) =>
  isScopeToken(value) ? null : 'must be a scope: visible ASCII without spaces, quotes and backslashes',
);

export const scopes: ListRule<TextRule> = list(scope, MAX_SCOPES);
/** The same; a scope that is named twice is kept once. */
export const distinctScopes: ListRule<TextRule> = list(scope, MAX_SCOPES, { unique: true });
