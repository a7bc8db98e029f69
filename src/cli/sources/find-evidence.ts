// Looks for evidence of a platform and says what was seen; asks the network only when the evidence is a probe and probing is allowed.

import { PROBE_TIMEOUT_MS } from './limits.ts';
import { resolvePath, tokensInFiles, tokensInVariables } from './matching-tokens.ts';
import type { SourceContext, Probe, Evidence, System } from '../../platforms/source.ts';

/** What was seen, in words, if every member of the evidence holds; null if one does not. Evidence with a probe needs `probing`. */
export async function findEvidence(
  evidence: Evidence,
  system: System,
  context: SourceContext,
  probing: boolean,
): Promise<string | null> {
  if ((evidence.probe !== undefined) !== probing) return null;
  const { variables } = context;
  const seen: string[] = [];
  for (const name of evidence.variables ?? []) {
    if (!variables[name]) return null;
    seen.push(name);
  }
  for (const [name, value] of Object.entries(evidence.values ?? {})) {
    if (variables[name]?.toLowerCase() !== value.toLowerCase()) return null;
    seen.push(`${name}=${variables[name]}`);
  }
  if (evidence.absent?.some((name) => variables[name])) return null;
  if (evidence.prefix !== undefined) {
    const { prefix } = evidence;
    const name = Object.keys(variables).find((one) => one.startsWith(prefix));
    if (name === undefined) return null;
    seen.push(name);
  }
  for (const path of evidence.paths ?? []) {
    const resolved = resolvePath(path, variables);
    if (resolved === null || (await system.kindOf(resolved)) === null) return null;
    seen.push(resolved);
  }
  for (const program of evidence.programs ?? []) {
    if (!(await system.isProgram(program))) return null;
    seen.push(`the program ${program}`);
  }
  if (evidence.tokenInVariables === true) {
    const tokens = tokensInVariables(context);
    if (tokens.length === 0) return null;
    seen.push(`a token for ${context.audience} in ${tokens.map(({ place }) => place).join(', ')}`);
  }
  if (evidence.tokenInFiles !== undefined) {
    const [token] = await tokensInFiles(system, context, evidence.tokenInFiles);
    if (token === undefined) return null;
    seen.push(`a token for ${context.audience} in ${token.place}`);
  }
  if (evidence.probe !== undefined) {
    if (!(await answers(evidence.probe, system, context))) return null;
    seen.push(evidence.probe.found);
  }
  return seen.join(', ');
}

async function answers(probe: Probe, system: System, context: SourceContext): Promise<boolean> {
  try {
    return probe.recognises(await system.send(probe.request(context), PROBE_TIMEOUT_MS));
  } catch {
    return false;
  }
}
