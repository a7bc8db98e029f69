// `cambist audit verify`: downloads the archived audit events and works out every hash itself; changes nothing.

import type { ArchiveEntryView } from '../../objects/audit-archive.ts';
import type { Anchor, Verdict } from '../audit/verify-archive.ts';
import type { Api } from '../api.ts';
import type { CommandBody, CommandContext } from '../command.ts';
import { CliFailure, usageFailure } from '../failure.ts';
import type { Output } from '../output.ts';

export const auditVerifyCommand: CommandBody = {
  description:
    'Downloads every archived object of audit events of the organisation, works out its SHA-256 here, and follows the chain: each object names the hash of the one before. Names each object that is missing, changed or swapped, and exits 1 if there is one. ' +
    'Prints the head of the chain. Keep it, and give it to a later check with --anchor: then a chain that was made anew is found, too.',
  options: [
    {
      flags: '--anchor <sequence:sha256>',
      description: 'the head that an earlier check printed; the chain must still have it',
    },
  ],
  arguments: [],
  examples: ['cambist audit verify', 'cambist audit verify --json --organisation acme'],
  run: verify,
};

interface Me {
  readonly organisation: { readonly identity: string; readonly slug: string };
}

/** Verifies the archive of the organisation; 1 if something is wrong with it. */
async function verify(context: CommandContext): Promise<number> {
  const { options, output } = context;
  const anchor = anchorOf(options.text('anchor'));
  const api = await context.api();
  const { countOf, verifyArchive } = await import('../audit/verify-archive.ts');
  // That of the credential, or the one that the settings name.
  const { organisation } = await api.get<Me>('/me');
  const { identity, slug } = organisation;
  const entries = await api.list<ArchiveEntryView>('/audit-archive');
  const verdict = await verifyArchive(
    {
      entries,
      download: async (sequence) => await downloadObject(api, sequence),
      onChecked: ({ sequence }) => output.progress(`object ${sequence} of ${entries.at(-1)?.sequence ?? 0}`),
    },
    identity,
    anchor,
  );
  output.data({ organisation: slug, ...verdict }, () => show(verdict, { slug, entries, countOf }, output));
  return verdict.faults.length === 0 ? 0 : 1;
}

/** The object; null only if the deployment says that it is missing. */
async function downloadObject(api: Api, sequence: number): Promise<Uint8Array | null> {
  try {
    return await api.download(`/audit-archive/${sequence}`, 'application/gzip');
  } catch (error) {
    if (error instanceof CliFailure && error.details.status === 404) return null;
    throw error;
  }
}

function anchorOf(text: string | undefined): Anchor | null {
  if (text === undefined) return null;
  const [, sequence, sha256] = /^([1-9]\d{0,9}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence === undefined || sha256 === undefined)
    throw usageFailure(
      `--anchor is no head of a chain: ${JSON.stringify(text)}.`,
      'It is what `cambist audit verify` prints: a sequence, a colon and 64 hexadecimal digits.',
    );
  return { sequence: Number(sequence), sha256 };
}

interface Shown {
  readonly slug: string;
  readonly entries: readonly ArchiveEntryView[];
  readonly countOf: (events: number) => string;
}

function show(verdict: Verdict, { slug, entries, countOf }: Shown, output: Output): void {
  const { line, paint } = output;
  const { faults, head, objects, events, removedUpTo } = verdict;
  if (head === null) return line(`No audit events of ${slug} are archived.`);
  for (const { sequence, fault, detail } of faults)
    line(`${paint('red', '✖')} object ${sequence} is ${fault}: ${detail}`);
  if (faults.length > 0) line();
  const kept = entries.filter(({ status }) => status === 'kept');
  const span = kept.length === 0 ? '' : `, from ${kept[0]?.firstEventAt} to ${kept.at(-1)?.lastEventAt}`;
  line(`${objects} of ${kept.length} objects of ${slug} are whole: ${countOf(events)}${span}.`);
  if (removedUpTo !== null) line(`Up to object ${removedUpTo} they were deleted past their retention.`);
  line(`Head of the chain: ${head.sequence}:${head.sha256}`);
}
