// Finds a preset by its name, or the one an issuer selects by default; the platforms' data stay in their own files.

import { circleci } from './circleci.ts';
import { generic } from './generic.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { kubernetes } from './kubernetes.ts';
import type { Preset, PresetName } from './preset.ts';
import { spiffe } from './spiffe.ts';

const PRESETS: readonly Preset[] = [github, gitlab, circleci, kubernetes, spiffe, generic];
const BY_NAME: ReadonlyMap<PresetName, Preset> = new Map(PRESETS.map((preset) => [preset.name, preset]));

/** The preset of that name. */
export function presetByName(name: PresetName): Preset {
  return BY_NAME.get(name) ?? generic;
}

/** The preset an issuer selects where its provider names none; `generic` where no platform is recognised (contract §5.1). */
export function detectPreset(issuer: string): PresetName {
  const exact = PRESETS.find((preset) => preset.issuers.includes(issuer));
  const found =
    exact ?? PRESETS.find((preset) => preset.issuers.some((pattern) => matchesIssuerPattern(pattern, issuer)));
  return (found ?? generic).name;
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
