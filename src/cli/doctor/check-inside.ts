// What a credential is needed for: the signing keys, and each issuer as the deployment sees it.

import type { IssuerCheckView } from '../../objects/issuer-check.ts';
import type { SigningKeyView } from '../../objects/signing-key.ts';
import type { CommandContext } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { OLD_KEY_SECONDS } from '../limits.ts';
import { howToMakeStandby } from '../keys/how-to-make-standby.ts';
import { inOrder } from '../keys/in-order.ts';
import { findObject } from '../objects/find-object.ts';
import { collectionOf, PROVIDERS } from '../objects/resources.ts';
import { packageVersion } from '../package-version.ts';
import { checkNumbers } from './check-numbers.ts';
import { checkAdministrators, checkAudit } from './check-records.ts';
import type { Tell } from './finding.ts';

/** What only somebody with a credential may see. */
export async function checkInside(context: CommandContext, tell: Tell): Promise<void> {
  try {
    await context.settings.token();
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    return tell(
      'credential',
      'skipped',
      'no token was given',
      'With --token-file or CAMBIST_TOKEN, keys, database, archive, audit log and issuers are looked at, too.',
    );
  }
  const api = await context.api();
  const me = await attempt('credential', context, tell, async () => await api.get('/me'));
  if (me === null) return;
  const { actor, organisation } = me as {
    readonly actor?: unknown;
    readonly organisation?: { readonly slug?: unknown };
  };
  tell('credential', 'ok', `${String(actor)} in the organisation ${String(organisation?.slug)}`);
  await attempt('administrators', context, tell, async () => await checkAdministrators(api, actor === 'root', tell));
  const keys = await attempt(
    'signing keys',
    context,
    tell,
    async () => await api.get<readonly SigningKeyView[]>('/signing-keys'),
  );
  if (keys !== null) checkKeys(inOrder(keys), tell);
  await checkNumbers(context, packageVersion(), tell);
  await attempt('audit', context, tell, async () => await checkAudit(api, new Date(), tell));
  const named = context.options.text('issuer');
  const providers = await attempt('issuers', context, tell, async () =>
    named === undefined ? await api.list(collectionOf(PROVIDERS)) : [await findObject(api, PROVIDERS, named)],
  );
  for (const provider of providers ?? []) {
    context.output.line();
    context.output.line(
      context.output.paint('bold', `Issuer ${String(provider['name'])}  ${String(provider['providerIssuer'])}`),
    );
    const path = `${collectionOf(PROVIDERS)}/${String(provider['identity'])}/check`;
    const view = await attempt(
      'check',
      context,
      tell,
      async () => await api.post<IssuerCheckView>(path, undefined, true),
    );
    for (const { check, verdict, detail, advice } of view?.checks ?? [])
      tell(check, verdict, detail, advice, `cambist providers show ${String(provider['identity'])}`);
  }
}

function checkKeys(keys: readonly SigningKeyView[], tell: Tell): void {
  for (const alg of new Set(keys.map((key) => key.alg))) {
    const of = keys.filter((key) => key.alg === alg);
    const active = of.find(({ status }) => status === 'active');
    if (active === undefined)
      tell(
        'signing keys',
        'failed',
        `${alg}: no key is active`,
        `A standby key takes over with \`cambist keys rotate --alg ${alg} --mode emergency\`.`,
      );
    else if (isOld(active))
      tell(
        'signing keys',
        'warning',
        `${alg}: it has signed for half a year`,
        '`cambist keys rotate` lets the standby take over.',
      );
    else if (of.some(({ status }) => status === 'standby'))
      tell('signing keys', 'ok', `${alg}: one active, one ready to take over`);
    else {
      const detail = `${alg}: one active, none on standby: it cannot be rotated gracefully`;
      tell('signing keys', 'warning', detail, howToMakeStandby(alg));
    }
  }
}

/** Old enough to be rotated, as the alert of deploy/monitoring says. */
function isOld({ activatedAt }: SigningKeyView): boolean {
  const since = Date.parse(activatedAt ?? '');
  return !Number.isNaN(since) && Date.now() - since > OLD_KEY_SECONDS * 1000;
}

async function attempt<T>(
  check: string,
  { output }: CommandContext,
  tell: Tell,
  work: () => Promise<T>,
): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    tell(
      check,
      error.details.status === 403 ? 'skipped' : 'failed',
      output.conceal(error.message),
      error.details.next ?? null,
    );
    return null;
  }
}
