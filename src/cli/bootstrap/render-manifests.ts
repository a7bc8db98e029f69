// Fills the manifests of a platform: with the plan, the account and what the user wants in them.

import { stringify } from 'yaml';

import type { Manifests } from '../../platforms/recipe.ts';
import { fillIndented } from '../../bootstrap/fill-template.ts';
import type { Plan } from '../../bootstrap/build-plan.ts';
import type { ManifestWishes, PinnedImage } from './read-manifest-wishes.ts';
import type { Configuration } from '../../bootstrap/render-configuration.ts';

/** What a plan says that manifests need. */
export type ManifestPlan = Pick<Plan, 'audience' | 'variables'> & {
  readonly identity: Pick<Plan['identity'], 'conditions'>;
};

/** Stands for an image that is not built yet; nobody can have a registry of this name (RFC 2606). */
const NO_IMAGE: PinnedImage = { name: 'registry.example.com/cambist-agent', pin: { newTag: '0.1.0' } };
/** Shows that the file is there, and never what is in it. */
const SHOWS_FILE: Readonly<Record<keyof Manifests, string>> = {
  deployment: `command: [sh, -c, 'trap exit TERM; while :; do ls -l "$TOKEN_FILE"; sleep 60 & wait; done']`,
  cronjob: `command: [sh, -c, 'ls -l "$TOKEN_FILE"']`,
  'image-pull': '',
};
/** Characters of a workload's name: a CronJob's has at most 52, and its pods add theirs. */
const MAX_NAME_CHARS = 40;

/** The files of every set that is wanted, each below the name of its set. */
export function renderManifests(
  manifests: Manifests,
  wishes: ManifestWishes,
  plan: ManifestPlan,
  deployment: { readonly url: string; readonly account: string },
): readonly Configuration[] {
  return wishes.sets.flatMap((set) => {
    const variables = variablesOf(set, wishes, plan, deployment);
    return manifests[set].map(({ file, text }) => ({
      file: `${set}/${file}`,
      // A block that is empty leaves an empty line.
      text: fillIndented(text, variables).replaceAll(/\n{2,}/g, '\n'),
    }));
  });
}

function variablesOf(
  set: keyof Manifests,
  { image, appImage, outputs, schedule, registries }: ManifestWishes,
  { audience, variables, identity }: ManifestPlan,
  { url, account }: { readonly url: string; readonly account: string },
): ReadonlyMap<string, string> {
  const agent = image ?? NO_IMAGE;
  const app = appImage ?? agent;
  // A further condition may be about the pod, so that what one pod got is not for another.
  const isAboutAccount = Object.keys(identity.conditions ?? {}).every((claim) => claim === ACCOUNT_UID);
  return new Map([
    ...variables,
    ['name', nameOf(variables.get('kubernetes-service-account') ?? '')],
    ['url', url],
    ['audience', audience],
    ['account', account],
    ['image-name', agent.name],
    ['image-pin', pinOf(agent)],
    ['app-image-name', app.name],
    ['app-image-pin', pinOf(app)],
    ['app-note', appImage === null ? '# Put your application here; this one only shows the file.' : ''],
    ['app-command', appImage === null ? SHOWS_FILE[set] : ''],
    ['outputs', stringify(outputs, { lineWidth: 0, singleQuote: true }).trimEnd()],
    ['token-file', outputs[0]?.path ?? ''],
    ['schedule', schedule],
    ['registries', registries.map((host) => `- '${host}'`).join('\n')],
    ['registry-args', registries.map((host) => `- '--host=${host}'`).join('\n')],
    ['cache-type', isAboutAccount ? 'ServiceAccount' : 'Token'],
    [
      'cache-reason',
      isAboutAccount
        ? 'The rule looks at the account alone, so its pods on a node may share an answer; else take Token.'
        : 'The rule has further conditions, so each pod asks for itself.',
    ],
  ]);
}

const ACCOUNT_UID = '/kubernetes.io/serviceaccount/uid';

function pinOf({ pin }: PinnedImage): string {
  return 'digest' in pin ? `digest: ${pin.digest}` : `newTag: '${pin.newTag}'`;
}

/** The account's name as the name of a workload, which has no dots. */
function nameOf(account: string): string {
  return account.replaceAll('.', '-').slice(0, MAX_NAME_CHARS).replace(/-+$/, '');
}
