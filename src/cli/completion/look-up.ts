// Answers a shell that completes a value: names and ids of the deployment. Quick and silent: it asks nobody at the terminal, runs
// no command, keeps nothing, and a failure is no answer.

import type { Completes, World } from '../command.ts';
import { LONGEST_DESCRIPTION_CHARS, LOOK_UP_OBJECTS, LOOK_UP_TIMEOUT_MS } from '../limits.ts';
import type { JsonMap } from '../api.ts';
import { readSettings } from '../settings.ts';
import { visible } from '../terminal-text.ts';

type Kind = Exclude<Completes, readonly string[] | 'sources'>;
type Found = readonly [value: string, description: string];

/** How the objects of a kind are listed, and what a command calls one of them. */
interface Listed {
  readonly path: string;
  readonly nameOf: 'slug' | 'name' | 'kid' | null;
  readonly describedBy: readonly string[];
}

const LISTED: Readonly<Record<Exclude<Kind, 'deployments'>, Listed>> = {
  providers: { path: '/v1/federated-identity-providers', nameOf: 'name', describedBy: ['providerIssuer'] },
  'service-accounts': { path: '/v1/service-accounts', nameOf: 'slug', describedBy: ['description'] },
  identities: { path: '/v1/federated-identities', nameOf: 'name', describedBy: ['providerSubject'] },
  'identity-ids': { path: '/v1/federated-identities', nameOf: null, describedBy: ['name', 'providerSubject'] },
  roles: { path: '/v1/iam/roles', nameOf: 'slug', describedBy: ['description'] },
  organisations: { path: '/v1/organisations', nameOf: 'slug', describedBy: ['name'] },
  keys: { path: '/v1/signing-keys', nameOf: 'kid', describedBy: ['alg', 'status'] },
};
/** No shell reads anything else than itself in such a word, and none splits it. */
const PLAIN_WORD = /^[A-Za-z0-9][\w.@/+-]*$/;

/** Prints one `value TAB description` a line for `KIND PREFIX WORD…`; the words are those before the cursor. */
export async function answerShell([kind = '', prefix = '', ...words]: readonly string[], world: World): Promise<void> {
  try {
    const found =
      kind === 'deployments' ? await namesOfDeployments(world) : await objectsOf(kind, prefix, words, world);
    const lines = found.filter(([value]) => value.startsWith(prefix) && PLAIN_WORD.test(value)).map(lineOf);
    world.stdout.write(lines.join(''));
  } catch {
    // A message here would stand in the middle of what the person types.
  }
}

function lineOf([value, description]: Found): string {
  const told = visible(description.replaceAll(/\s+/g, ' ').trim());
  return `${value}\t${told.length > LONGEST_DESCRIPTION_CHARS ? `${told.slice(0, LONGEST_DESCRIPTION_CHARS)}…` : told}\n`;
}

async function namesOfDeployments(world: World): Promise<readonly Found[]> {
  const { readDeployments } = await import('../deployments/deployments-file.ts');
  return ((await readDeployments(world))?.deployments ?? []).map(({ name, url }): Found => [name, url]);
}

async function objectsOf(
  kind: string,
  prefix: string,
  words: readonly string[],
  world: World,
): Promise<readonly Found[]> {
  if (!Object.hasOwn(LISTED, kind)) return [];
  const { path, nameOf, describedBy } = LISTED[kind as keyof typeof LISTED];
  const views = await list(path, joinPieces(words), world);
  const found = views.map((view) => {
    const { identity } = view;
    const name = nameOf === null ? '' : textOf(view[nameOf]);
    const hasName = PLAIN_WORD.test(name) && views.filter((other) => other[nameOf ?? ''] === name).length === 1;
    const told = describedBy.map((member) => textOf(view[member])).join(' ');
    const byId: Found = [textOf(identity), `${name} ${told}`];
    return { byId, called: hasName ? ([name, told] satisfies Found) : byId };
  });
  const called = found.map((one) => one.called);
  // Ids are for whoever begins to type one, and for what has no other name.
  const wantsIds = prefix.includes('_') || !called.some(([value]) => value.startsWith(prefix));
  return wantsIds ? [...new Set([...called, ...found.map(({ byId }) => byId)])] : called;
}

/** One page of a list, asked once. */
async function list(path: string, words: readonly string[], world: World): Promise<readonly JsonMap[]> {
  const given = (name: string): string | undefined => valueOf(`--${name}`, words);
  const settings = await readSettings(
    {
      url: given('url'),
      deployment: given('deployment'),
      tokenFile: given('token-file'),
      organisation: given('organisation'),
      mayRun: false,
    },
    world,
  );
  const { organisation } = settings;
  const response = await world.fetch(new URL(`${path}?limit=${LOOK_UP_OBJECTS}`, settings.url()), {
    headers: {
      accept: 'application/json',
      'user-agent': 'cambist-cli',
      authorization: `Bearer ${await settings.token()}`,
      ...(organisation === undefined ? {} : { 'x-organisation-identity': organisation }),
    },
    redirect: 'manual',
    signal: AbortSignal.timeout(LOOK_UP_TIMEOUT_MS),
  });
  const answer: unknown = response.ok ? await response.json() : [];
  return Array.isArray(answer) ? (answer as readonly JsonMap[]) : [];
}

/** The last value that the words give this option. */
function valueOf(option: string, words: readonly string[]): string | undefined {
  const at = words.findLastIndex((word) => word === option || word.startsWith(`${option}=`));
  const word = words[at];
  return word === option ? words[at + 1] : word?.slice(option.length + 1);
}

/** The words again as they were typed: bash splits them at every `=` and `:`. */
function joinPieces(words: readonly string[]): readonly string[] {
  const joined: string[] = [];
  let isOpen = false;
  for (const word of words) {
    const isSign = word === '=' || word === ':';
    if (isOpen || isSign) joined.push(`${joined.pop() ?? ''}${word}`);
    else joined.push(word);
    isOpen = isSign;
  }
  return joined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
