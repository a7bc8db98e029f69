// What people wrap a token in by mistake, told from its characters alone; never says any of them.

/** What a character outside of base64url and the dots tells about how the token got damaged; null if there is none. */
export function wrappingFault(compact: string): string | null {
  if (compact === '') return 'the token is empty';
  const at = compact.search(/[^\w.-]/);
  if (at === -1) return null;
  if (/^bearer\s/i.test(compact))
    return 'the token contains white space: it begins with the word Bearer; send the token alone';
  if (/^(["'`])[\w.-]+\1$/.test(compact)) return 'the token is in quotes; send it without them';
  if (/^\$|^%\w+%$|\$\{/.test(compact))
    return 'the token is the name of a variable whose value was not put in its place';
  if (compact.startsWith('{')) {
    return /"payload"\s*:/.test(compact)
      ? 'the token is in JSON serialization; send the compact one, which has two dots'
      : 'the token is a whole JSON answer; send only the member that holds the token (on GitHub, value)';
  }
  const char = compact[at] as string;
  if (/[\s\p{Cc}\uFEFF]/u.test(char)) {
    return compact.slice(at).trim() === ''
      ? 'the token ends in white space or a line break; send it without'
      : 'the token contains white space or a control character; send it exactly as it was issued';
  }
  if (char === '=' || char === '+' || char === '/')
    return 'the token is encoded as base64; a JWT is base64url without padding (RFC 7515)';
  if (/%[0-9a-f]{2}/i.test(compact)) return 'the token is percent-encoded; send it exactly as it was issued';
  return 'the token contains a character that no JWT has';
}

/** What a text of another number of segments than three is. */
export function segmentFault(compact: string, count: number, most: number): string {
  if (count === 5) return 'the token is encrypted (JWE); send the signed ID token';
  const counted = count === 1 ? '1 segment' : `${count}${count === most ? ' or more' : ''} segments`;
  const fault = `the token has ${counted}; a signed JWT has three, separated by dots`;
  if (/^(?:null|undefined|none|nil|false|true|nan)$/i.test(compact)) {
    return `${fault}. It is the word ${compact.toLowerCase()}: what should have held the token was empty (on GitHub, a job without the permission id-token: write)`;
  }
  if (/^gh[a-z]_|^github_pat_/.test(compact))
    return `${fault}. It is a GitHub token for its API, not the ID token of the job`;
  if (/^glpat-|^glcbt-/.test(compact)) return `${fault}. It is a GitLab token for its API, not the ID token of the job`;
  return fault;
}
