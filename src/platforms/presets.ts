// Finds a preset by its name, or the one an issuer selects by default; the platforms' data stay in their own files.

import { EVERY_PRESET } from './every-preset.ts';
import { PRESET_NAMES } from './preset.ts';
import type { Preset, PresetName, Tenancy } from './preset.ts';

/** Every preset, in the order of their names' list. */
export const ALL_PRESETS: readonly Preset[] = PRESET_NAMES.map((name) => EVERY_PRESET[name]);

/** The preset of that name. */
export function presetByName(name: PresetName): Preset {
  return EVERY_PRESET[name];
}

/** The preset an issuer selects when its provider names none; `generic` when no platform is recognised (contract §5.1). */
export function detectPreset(issuer: string): PresetName {
  const exact = ALL_PRESETS.find((preset) => preset.issuers.includes(issuer));
  const found =
    exact ?? ALL_PRESETS.find((preset) => preset.issuers.some((pattern) => matchesIssuerPattern(pattern, issuer)));
  return found?.name ?? 'generic';
}

/** How an issuer is shared; null if it belongs to one tenant. The issuer decides, whatever preset its provider has. */
export function tenancyOf(issuer: string): { readonly title: string; readonly tenancy: Tenancy } | null {
  for (const { title, tenancy } of ALL_PRESETS)
    if (tenancy?.sharedIssuers.some((pattern) => matchesIssuerPattern(pattern, issuer)) === true)
      return { title, tenancy };
  return null;
}

/** Compares byte for byte; each `/`-separated part of a pattern holds at most one `{name}`, so this is linear. */
function matchesIssuerPattern(pattern: string, issuer: string): boolean {
  const wanted = pattern.split('/');
  // One more than wanted is enough to see that there are too many.
  const given = issuer.split('/', wanted.length + 1);
  return wanted.length === given.length && wanted.every((part, index) => matchesPart(part, given[index] ?? ''));
}

function matchesPart(part: string, text: string): boolean {
  const open = part.indexOf('{');
  if (open < 0) return part === text;
  const before = part.slice(0, open);
  const after = part.slice(part.indexOf('}') + 1);
  return text.length > before.length + after.length && text.startsWith(before) && text.endsWith(after);
}
