// Finds a preset by its name, or the one an issuer selects by default; the platforms' data stay in their own files.

import { ansible } from './ansible/guards.ts';
import { aws } from './aws/guards.ts';
import { azure } from './azure/guards.ts';
import { azureDevops } from './azure-devops/guards.ts';
import { bitbucket } from './bitbucket/guards.ts';
import { buddy } from './buddy/guards.ts';
import { buildkite } from './buildkite/guards.ts';
import { circleci } from './circleci/guards.ts';
import { cloudflareAccess } from './cloudflare-access/guards.ts';
import { codefresh } from './codefresh/guards.ts';
import { fly } from './fly/guards.ts';
import { forgejo } from './forgejo/guards.ts';
import { generic } from './generic/guards.ts';
import { github } from './github/guards.ts';
import { gitlab } from './gitlab/guards.ts';
import { gocdnext } from './gocdnext/guards.ts';
import { google } from './google/guards.ts';
import { jenkins } from './jenkins/guards.ts';
import { kubernetes } from './kubernetes/guards.ts';
import { octopus } from './octopus/guards.ts';
import { PRESET_NAMES } from './preset.ts';
import type { Preset, PresetName } from './preset.ts';
import { pulumi } from './pulumi/guards.ts';
import { scalr } from './scalr/guards.ts';
import { semaphore } from './semaphore/guards.ts';
import { spacelift } from './spacelift/guards.ts';
import { spiffe } from './spiffe/guards.ts';
import { terraformCloud } from './terraform-cloud/guards.ts';
import { vercel } from './vercel/guards.ts';

const PRESETS: Readonly<Record<PresetName, Preset>> = {
  github,
  gitlab,
  kubernetes,
  bitbucket,
  circleci,
  buildkite,
  'terraform-cloud': terraformCloud,
  'azure-devops': azureDevops,
  azure,
  google,
  aws,
  vercel,
  fly,
  jenkins,
  spiffe,
  forgejo,
  codefresh,
  buddy,
  semaphore,
  pulumi,
  spacelift,
  scalr,
  octopus,
  'cloudflare-access': cloudflareAccess,
  ansible,
  gocdnext,
  generic,
};
/** Every preset, in the order of their names' list. */
export const ALL_PRESETS: readonly Preset[] = PRESET_NAMES.map((name) => PRESETS[name]);

/** The preset of that name. */
export function presetByName(name: PresetName): Preset {
  return PRESETS[name];
}

/** The preset an issuer selects where its provider names none; `generic` where no platform is recognised (contract §5.1). */
export function detectPreset(issuer: string): PresetName {
  const exact = ALL_PRESETS.find((preset) => preset.issuers.includes(issuer));
  const found =
    exact ?? ALL_PRESETS.find((preset) => preset.issuers.some((pattern) => matchesIssuerPattern(pattern, issuer)));
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
