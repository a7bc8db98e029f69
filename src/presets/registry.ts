// Finds a preset by its name, or the one an issuer selects by default; the platforms' data stay in their own files.

import { ansible } from './ansible.ts';
import { aws } from './aws.ts';
import { azure } from './azure.ts';
import { azureDevops } from './azure-devops.ts';
import { bitbucket } from './bitbucket.ts';
import { buddy } from './buddy.ts';
import { buildkite } from './buildkite.ts';
import { circleci } from './circleci.ts';
import { cloudflareAccess } from './cloudflare-access.ts';
import { codefresh } from './codefresh.ts';
import { fly } from './fly.ts';
import { forgejo } from './forgejo.ts';
import { generic } from './generic.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { gocdnext } from './gocdnext.ts';
import { google } from './google.ts';
import { jenkins } from './jenkins.ts';
import { kubernetes } from './kubernetes.ts';
import { octopus } from './octopus.ts';
import { PRESET_NAMES } from './preset.ts';
import type { Preset, PresetName } from './preset.ts';
import { pulumi } from './pulumi.ts';
import { scalr } from './scalr.ts';
import { semaphore } from './semaphore.ts';
import { spacelift } from './spacelift.ts';
import { spiffe } from './spiffe.ts';
import { terraformCloud } from './terraform-cloud.ts';
import { vercel } from './vercel.ts';

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
