// What `cambist deployments` does: lists, adds, chooses and forgets names; asks no deployment and reads no token.

import { resolve } from 'node:path';

import type { CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { originOf } from '../deployment-origin.ts';
import { usageFailure } from '../failure.ts';
import { formatTable } from '../output.ts';
import { variableName } from '../token/exchange-settings.ts';
import { findDeployment } from './choose-deployment.ts';
import { DEPLOYMENT_NAME, pathOfDeployments, readDeployments } from './deployments-file.ts';
import type { TokenPlace } from './deployments-file.ts';
import { editDeployments } from './edit-deployments.ts';

/** Prints the names, without a look at any token. */
export async function listDeployments({ output, world }: CommandContext): Promise<void> {
  const file = await readDeployments(world);
  const shown = (file?.deployments ?? []).map(({ name, url, organisation, token }) => ({
    name,
    url,
    organisation: organisation ?? null,
    token: token === null ? null : placeOf(token),
    default: name === file?.usual,
  }));
  output.data(shown, () => {
    if (shown.length === 0)
      return output.line(
        `No deployment has a name in ${file?.path ?? pathOfDeployments(world) ?? 'a home directory'}: cambist deployments add NAME --url https://tokens.example.com`,
      );
    output.line(
      formatTable(
        [' ', 'NAME', 'URL', 'ORGANISATION', 'TOKEN'],
        shown.map((one) => [
          one.default ? '*' : ' ',
          one.name,
          one.url,
          one.organisation ?? '–',
          one.token ?? 'CAMBIST_TOKEN or --token-file',
        ]),
      ),
    );
  });
}

/** Adds a name, or changes what it stands for after a question. */
export async function addDeployment(context: CommandContext): Promise<number> {
  const {
    arguments: [name = ''],
    options,
    output,
    world,
  } = context;
  if (!DEPLOYMENT_NAME.test(name))
    throw usageFailure(
      `${JSON.stringify(name)} cannot be a name.`,
      'It has letters, digits, dots, dashes and underscores.',
    );
  const given = options.text('url') ?? (world.env['CAMBIST_URL'] || undefined);
  if (given === undefined) throw usageFailure('Which address? Neither --url nor CAMBIST_URL is set.');
  const url = originOf(given);
  const organisation = options.text('organisation');
  const deployment = { url, ...(organisation === undefined ? {} : { organisation }), ...tokenMember(context) };
  const file = await readDeployments(world);
  const before = file?.deployments.find((one) => one.name === name);
  if (before !== undefined && !(await confirm(`Replace the deployment ${name} (${before.url})?`, context))) {
    output.line('Nothing was changed.');
    return 1;
  }
  const isUsual = options.flag('default') || (file?.usual ?? null) === null || file?.usual === name;
  const path = await editDeployments(world, (document) => {
    document.setIn(['deployments', name], document.createNode(deployment));
    if (isUsual) document.set('default', name);
  });
  output.data({ name, ...deployment, default: isUsual, file: path }, () =>
    output.line(`${output.paint('green', '✔')} ${name} stands for ${url}${isUsual ? ', and is the default' : ''}.`),
  );
  return 0;
}

/** Makes a deployment the one that is meant if none is named. */
export async function makeDefault({ arguments: [name = ''], output, world }: CommandContext): Promise<void> {
  const { url } = findDeployment(await readDeployments(world), name, world);
  const file = await editDeployments(world, (document) => document.set('default', name));
  output.data({ name, url, default: true, file }, () =>
    output.line(`${output.paint('green', '✔')} ${name} (${url}) is the default.`),
  );
}

/** Forgets a name after a question. */
export async function removeDeployment(context: CommandContext): Promise<number> {
  const {
    arguments: [name = ''],
    output,
    world,
  } = context;
  const known = await readDeployments(world);
  const { url } = findDeployment(known, name, world);
  if (!(await confirm(`Forget the name ${name} of ${url}?`, context))) {
    output.line('Nothing was changed.');
    return 1;
  }
  const file = await editDeployments(world, (document) => {
    document.deleteIn(['deployments', name]);
    // Not taken out: a comment at the top of the file belongs to the first member.
    if (known?.usual === name) document.set('default', null);
  });
  output.data({ name, deleted: true, file }, () =>
    output.line(
      `${output.paint('green', '✔')} ${name} is forgotten${known?.usual === name ? '; there is no default now' : ''}.`,
    ),
  );
  return 0;
}

/** The member of the file that says where the token is. */
function tokenMember({ options }: CommandContext): Readonly<Record<string, string>> {
  const file = options.text('token-file');
  const variable = options.text('token-variable');
  const command = options.text('token-command');
  if ([file, variable, command].filter((place) => place !== undefined).length > 1)
    throw usageFailure('--token-file, --token-variable and --token-command name several places of one token.');
  if (file === '-') throw usageFailure('--token-file names a file here: standard input cannot be read again later.');
  if (file !== undefined) return { tokenFile: resolve(file) };
  if (variable !== undefined) return { tokenVariable: variableName(variable) };
  if (command === undefined) return {};
  if (command.trim() === '') throw usageFailure('--token-command is empty.');
  return { tokenCommand: command };
}

function placeOf(token: TokenPlace): string {
  if (token.kind === 'file') return `file ${token.path}`;
  if (token.kind === 'variable') return `variable ${token.name}`;
  return `command ${typeof token.command === 'string' ? token.command : token.command.join(' ')}`;
}
