// `cambist detect`: shows where an ID token can be had and why; asks for none.

import type { CommandBody, CommandContext } from '../command.ts';

export const detectCommand: CommandBody = {
  description:
    'Looks at variables and files first, and asks metadata services only if those say nothing. Gets no token and needs no deployment. ' +
    'Exits 1 if nothing was found.',
  arguments: [],
  options: [
    { flags: '--source <name>', description: 'look at this source only', env: 'CAMBIST_SOURCE', completes: 'sources' },
    {
      flags: '--id-token-audience <audience>',
      description: 'the audience a token must have; absent means the address of the deployment',
      env: 'CAMBIST_ID_TOKEN_AUDIENCE',
    },
  ],
  examples: ['cambist detect', 'cambist detect --json'],
  run: async (context) => await detect(context),
};

/** Stands in instructions for an audience that nobody has named. */
const NOT_KNOWN_YET = '<address of the deployment>';

async function detect(context: CommandContext): Promise<number> {
  const { settings, world, output } = context;
  const [{ detectSources }, { realSystem }, { textOf }, { formatTable }] = await Promise.all([
    import('../sources/detect.ts'),
    import('../sources/real-system.ts'),
    import('../token/exchange-settings.ts'),
    import('../output.ts'),
  ]);
  const deployment = settings.hasUrl() ? settings.url() : null;
  const audience = textOf(context, 'id-token-audience', 'CAMBIST_ID_TOKEN_AUDIENCE') ?? deployment;
  const facts = {
    variables: world.env,
    audience: audience ?? NOT_KNOWN_YET,
    deployment: deployment ?? audience ?? NOT_KNOWN_YET,
  };
  const { findings, chosen, blockedBy, probed } = await detectSources(
    realSystem(world),
    facts,
    textOf(context, 'source', 'CAMBIST_SOURCE'),
  );
  const result = {
    audience,
    chosen: chosen?.source.name ?? null,
    probed,
    findings: findings.map(({ source: { name, title }, state, seen, missing, fix }) => ({
      source: name,
      title,
      state,
      seen,
      missing,
      fix,
    })),
  };
  output.data(result, () => {
    if (findings.length > 0) {
      const rows = findings.map(({ source, state, seen, missing }) => [
        source === chosen?.source ? output.paint('green', '✔') : state === 'ready' ? '·' : output.paint('yellow', '⚠'),
        source.name,
        state,
        missing === null ? `found ${seen}` : `found ${seen}, but ${missing}`,
      ]);
      output.line(formatTable([' ', 'SOURCE', 'STATE', 'WHY'], rows));
      output.line();
    }
    if (chosen !== null)
      output.line(
        audience === null
          ? `The ID token comes from ${chosen.source.title}. It will be asked for the address of the deployment as its audience.`
          : `The ID token comes from ${chosen.source.title}, asked for the audience ${audience}.`,
      );
    else if (blockedBy !== null)
      output.line([`${blockedBy.source.title}: ${blockedBy.missing}.`, ...(blockedBy.fix ?? '').split('\n')]);
    else output.line(`No source of an ID token was found${probed ? '; no metadata service answers' : ''}.`);
    if (audience === null)
      output.line(
        'With --url or CAMBIST_URL, variables and files that hold an ID token for that deployment are found, too.',
      );
  });
  return chosen === null ? 1 : 0;
}
