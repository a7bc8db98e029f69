// Recognises tokens and other secrets in what a user typed, so that no message repeats them; knows no command.

/** What stands for a secret in a message. */
const HIDDEN = '<hidden>';

/** A JWT, or the beginning of one: a header in base64url starts with `eyJ`, or with white space in it otherwise. */
const JWT = /eyJ[\w-]{8,}(?:\.[\w-]*)*|(?:(?=[\w-]*[A-Z])[\w-]{16,}\.){2}(?=[\w-]*[A-Z])[\w-]{16,}/;
/** A key in PEM. */
const PEM = /-----BEGIN [A-Z ]+-----/;
/** Secrets that say what they are: GitHub, GitLab, Slack, AWS, npm, PyPI, Google, Vault, Tailscale, and our access credentials. */
const NAMED =
  /(?<!\w)(?:gh[a-z]_\w{20,}|github_pat_\w{20,}|gl[a-z]{2,8}-[\w-]{16,}|xox[a-z]-[\w-]{16,}|A(?:KI|SI)A[0-9A-Z]{16}|npm_\w{30,}|pypi-[\w-]{30,}|ya29\.[\w-]{20,}|hv[sb]\.[\w-]{20,}|tskey-[\w-]{16,}|cbs_[\w-]{20,})/;
/** The user and password of an address. */
const USERINFO = /(?<=:\/\/)[^\s/?#"'@]+(?=@)/g;
/** A member that holds a secret, as in `password=…`. */
const SECRET_NAME = /(?:^|[_.-])(?:passw(?:or)?d|passphrase|secret|token|credential|private_?key|api_?key)$/i;
/** Its value is `token=PATH`: the name says what the file is for, and a message names the file. */
const PATH_BY_TYPE = '--output';
/** Characters that a secret without any sign of its own has at least: the root token has 32. */
const MIN_OPAQUE_CHARS = 32;
/** Characters of a value that is hidden because of its name; a shorter one is a part of every text. */
const MIN_NAMED_CHARS = 4;

/** True for what is certainly a token, a key or a password in an address, anywhere in the text. */
export function holdsSecret(text: string): boolean {
  return JWT.test(text) || PEM.test(text) || NAMED.test(text);
}

/** True for one word that looks as if a random generator made it: long, of one piece, and no path, id or name. */
export function looksOpaque(word: string): boolean {
  if (word.length < MIN_OPAQUE_CHARS || !/^[\w+/=~.-]+$/.test(word)) return false;
  // A path has a beginning of its own, or the ending of a file.
  if ((/^(?:\.{0,2}\/|~)/.test(word) && !word.endsWith('=')) || /\.[a-z]{1,5}$/i.test(word)) return false;
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(word)) return false;
  const digits = word.replaceAll(/\D/g, '').length;
  const isMixed = /[a-z]/.test(word) && /[A-Z]/.test(word) && digits > 0;
  return isMixed || (/^[0-9a-z]+$/i.test(word) && digits > 0 && /[a-z]/i.test(word));
}

/** True for a word that is an object or a list in JSON, rather than the name of something. */
export function isJson(word: string): boolean {
  return /^\s*(?:\{\s*["}]|\[\s*["\]{[])/.test(word);
}

/** Hides the secrets among these words and variables, and every token, in the text of a message. */
export function secretConcealer(
  words: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): (text: string) => string {
  const given = words.flatMap((word, at) => secretsOf(word, words[at - 1] === PATH_BY_TYPE));
  const known = new Set([...given, ...secretVariables(variables)]);
  // A secret that another one begins with must not leave the rest of that one.
  const secrets = [...known].flatMap(spellings).toSorted((a, b) => b.length - a.length);
  return (text) => {
    const shown = secrets.reduce((left, secret) => left.replaceAll(secret, HIDDEN), text);
    return [JWT, PEM, NAMED]
      .reduce((left, { source }) => left.replaceAll(new RegExp(source, 'g'), HIDDEN), shown)
      .replaceAll(USERINFO, HIDDEN);
  };
}

function spellings(secret: string): readonly string[] {
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])];
}

/** The secrets in one word of a command line: itself, a part of it, or what stands before `@` in an address. */
function secretsOf(word: string, namesFile = false): readonly string[] {
  const found: string[] = [];
  const plain = word.replace(/^--?/, '').replace(/^[bB]earer /, '');
  const afterSign = plain.slice(plain.indexOf('=') + 1);
  // `-fVALUE`, `--option=VALUE` and `file:VALUE` hold one, too.
  const parts = [plain, afterSign, ...plain.split(/[:,=@\s]/), ...(/^-[^-]/.test(word) ? [word.slice(2)] : [])];
  for (const part of new Set(parts)) if (looksOpaque(part) || holdsSecret(part)) found.push(part);
  // Claims, keys or a configuration where something else was expected.
  const content = plain.replace(/^(?:env|file):/, '');
  if (isJson(content)) found.push(content);
  const [, name = '', named = ''] = /^(?:-{1,2}[\w-]+=)?([\w.-]+)=(.+)$/s.exec(word) ?? [];
  if (!namesFile && !word.startsWith('-') && SECRET_NAME.test(name) && named.length >= MIN_NAMED_CHARS)
    found.push(named);
  // A password can hold any character, and then an address ends where nobody meant it to.
  const userinfo = /:\/\/([^@]*:.*)@/s.exec(plain)?.[1];
  if (userinfo !== undefined) found.push(userinfo);
  return found;
}

/** The tokens of the environment, and what was put by mistake into another setting of ours. */
function secretVariables(variables: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(variables).flatMap(([name, value = '']) => {
    if (!name.startsWith('CAMBIST_')) return [];
    const isToken = /_(?:ID_)?TOKEN$/.test(name) && value.trim().length >= MIN_OPAQUE_CHARS;
    return isToken ? [value.trim()] : secretsOf(value);
  });
}
