// Looks for a platform's signs and says what was seen; asks the network only where a sign is a probe and probing is allowed.

import { PROBE_TIMEOUT_MS } from './limits.ts';
import { resolvePath, tokensInFiles, tokensInVariables } from './matching-tokens.ts';
import type { Facts, Probe, Sign, Surroundings } from './source.ts';

/** What was seen, in words, where every member of the sign holds; null where one does not. Signs with a probe need `probing`. */
export async function seeSign(
  sign: Sign,
  surroundings: Surroundings,
  facts: Facts,
  probing: boolean,
): Promise<string | null> {
  if ((sign.probe !== undefined) !== probing) return null;
  const { variables } = facts;
  const seen: string[] = [];
  for (const name of sign.variables ?? []) {
    if (!variables[name]) return null;
    seen.push(name);
  }
  for (const [name, value] of Object.entries(sign.values ?? {})) {
    if (variables[name]?.toLowerCase() !== value.toLowerCase()) return null;
    seen.push(`${name}=${variables[name]}`);
  }
  if (sign.absent?.some((name) => variables[name])) return null;
  if (sign.prefix !== undefined) {
    const { prefix } = sign;
    const name = Object.keys(variables).find((one) => one.startsWith(prefix));
    if (name === undefined) return null;
    seen.push(name);
  }
  for (const path of sign.paths ?? []) {
    const resolved = resolvePath(path, variables);
    if (resolved === null || (await surroundings.kindOf(resolved)) === null) return null;
    seen.push(resolved);
  }
  for (const program of sign.programs ?? []) {
    if (!(await surroundings.isProgram(program))) return null;
    seen.push(`the program ${program}`);
  }
  if (sign.tokenInVariables === true) {
    const tokens = tokensInVariables(facts);
    if (tokens.length === 0) return null;
    seen.push(`a token for ${facts.audience} in ${tokens.map(({ place }) => place).join(', ')}`);
  }
  if (sign.tokenInFiles !== undefined) {
    const [token] = await tokensInFiles(surroundings, facts, sign.tokenInFiles);
    if (token === undefined) return null;
    seen.push(`a token for ${facts.audience} in ${token.place}`);
  }
  if (sign.probe !== undefined) {
    if (!(await answers(sign.probe, surroundings, facts))) return null;
    seen.push(sign.probe.found);
  }
  return seen.join(', ');
}

async function answers(probe: Probe, surroundings: Surroundings, facts: Facts): Promise<boolean> {
  try {
    return probe.recognises(await surroundings.send(probe.request(facts), PROBE_TIMEOUT_MS));
  } catch {
    return false;
  }
}
