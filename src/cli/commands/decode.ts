// `cambist decode`: what a token says, in words, offline; believes nothing and prints no signature.

import type { JsonObject } from '../../token/json.ts';
import type { Preset, PresetName } from '../../platforms/preset.ts';
import { epochSeconds } from '../clock.ts';
import type { CommandBody, CommandContext } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { formatPairs, textOf } from '../output.ts';
import type { Output } from '../output.ts';

export const decodeCommand: CommandBody = {
  description:
    'Prints the header and the claims of a token, its times in words, and the platform it comes from. Believes nothing, sends nothing, and prints no signature, so its output can be shared.',
  options: [],
  arguments: [{ name: '[file]', description: 'the token in a file; stdin by default' }],
  examples: ['cambist decode id-token.jwt', 'cambist token | cambist decode'],
  run: decode,
};

const TIMES = ['iat', 'nbf', 'exp', 'auth_time'] as const;

/** Decodes the token of the file that is named, or of stdin. */
async function decode({ arguments: [file = '-'], output, world }: CommandContext): Promise<void> {
  const [{ readTokenInput }, { readToken }, { detectPreset, presetByName }, { EVERY_FACTS }] = await Promise.all([
    import('../subject-token/read-input.ts'),
    import('../subject-token/decode.ts'),
    import('../../platforms/presets.ts'),
    import('../../platforms/every-facts.ts'),
  ]);
  const token = readToken(await readTokenInput(file, '`cambist decode`', world));
  if (typeof token === 'string') throw new CliFailure(`This cannot be decoded: ${token}.`, { code: 'not_a_token' });
  const { header, claims, fault } = token;
  const name = presetNameOf(header, claims, detectPreset);
  const preset = name === null ? null : presetByName(name);
  const now = epochSeconds();
  output.data({ header, claims, preset: preset?.name ?? null, expired: isExpired(claims, now), fault }, () => {
    section('Header', Object.entries(header), output);
    section('Claims', Object.entries(claims), output);
    const times = TIMES.flatMap((name): [string, string][] => {
      const value = claims[name];
      return typeof value === 'number' ? [[name, inWords(name, value, now)]] : [];
    });
    section('Times', times, output);
    if (preset !== null) showPlatform(preset, EVERY_FACTS[preset.name].stableClaims, claims, output);
    if (header['typ'] === 'at+jwt')
      output.line('An access token, for the API that aud names. It cannot be exchanged: that takes an ID token.');
    else if (fault !== null) output.line(`${output.paint('red', '✖')} The token endpoint would not read it: ${fault}`);
    output.line(
      header['typ'] === 'at+jwt'
        ? 'The signature was not verified.'
        : 'The signature was not verified: `cambist explain --token` asks the deployment to.',
    );
  });
}

function section(title: string, entries: readonly (readonly [string, unknown])[], output: Output): void {
  output.line(output.paint('bold', title));
  output.line(formatPairs(entries.map(([name, value]) => [`  ${name}`, textOf(value)])));
  output.line();
}

/** The platform that its issuer tells; null for an access token, which is no platform's. */
function presetNameOf(
  { typ }: JsonObject,
  { iss, sub }: JsonObject,
  detectPreset: (issuer: string) => PresetName,
): PresetName | null {
  if (typ === 'at+jwt') return null;
  const issuer = typeof iss === 'string' ? iss : '';
  if (issuer === '' && typeof sub === 'string' && sub.startsWith('spiffe://')) return 'spiffe';
  return detectPreset(issuer);
}

function showPlatform(
  { title, name, fixedAudience }: Preset,
  stableClaims: readonly string[],
  claims: JsonObject,
  output: Output,
): void {
  const stable = stableClaims.filter((claim) => claims[claim] !== undefined);
  output.line(`${output.paint('bold', 'Platform')}  ${title} (preset ${name})`);
  if (stable.length > 0)
    output.line(`  Survive renames: ${stable.map((claim) => `${claim} ${textOf(claims[claim])}`).join(', ')}`);
  if (fixedAudience !== null) output.line(`  Its audience is always ${fixedAudience}`);
  output.line();
}

function isExpired({ exp }: JsonObject, now: number): boolean | null {
  return typeof exp === 'number' ? exp <= now : null;
}

function inWords(name: (typeof TIMES)[number], value: number, now: number): string {
  const time = Math.abs(value) < 8.64e12 ? new Date(value * 1000).toISOString().replace('.000Z', 'Z') : String(value);
  const distance = duration(Math.abs(value - now));
  if (name === 'exp') return `${time}  ${value > now ? `expires in ${distance}` : `expired ${distance} ago`}`;
  return `${time}  ${value > now ? `in ${distance}` : `${distance} ago`}`;
}

/** Seconds in the two largest units that count. */
export function duration(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ] as const;
  let rest = Math.round(seconds);
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}
