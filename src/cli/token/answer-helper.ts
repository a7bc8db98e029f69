// Answers docker and git when they call `cambist token` as their credential helper; gets a token only for a host that may have it.

import type { ExchangedToken } from '../../sdk/client/index.ts';
import type { CommandContext } from '../command.ts';
import { mayDockerHave, mayGitHave, readGitRequest, readOperation } from './credential-helper.ts';
import { formatDocker, formatGitCredential } from './format-token.ts';
import type { Wanted } from './read-wanted.ts';

/** What docker shows as "no credentials" rather than as an error. */
const DOCKER_NOT_FOUND = 'credentials not found in native keychain\n';

/** The text and the exit code that the helper's protocol wants. */
export async function answerHelper(
  { arguments: words, world }: CommandContext,
  { format, hosts, username }: Wanted,
  get: () => Promise<ExchangedToken>,
): Promise<{ readonly text: string; readonly code: number }> {
  const isDocker = format === 'docker';
  if (readOperation(words, isDocker) === 'other')
    return { text: isDocker && words[0] === 'list' ? '{}\n' : '', code: 0 };
  const input = await world.readStdin();
  if (isDocker) {
    const serverUrl = input.trim();
    // The protocol has no other way to say so.
    if (!mayDockerHave(serverUrl, hosts)) return { text: DOCKER_NOT_FOUND, code: 1 };
    return { text: formatDocker(await get(), serverUrl, username), code: 0 };
  }
  const asked = readGitRequest(input);
  if (!mayGitHave(asked, hosts)) return { text: '', code: 0 };
  return { text: formatGitCredential(await get(), asked, username), code: 0 };
}
