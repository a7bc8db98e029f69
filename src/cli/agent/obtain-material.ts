// Gets what an output holds, and turns it into the texts of its files; writes nothing.

import type { World } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { readTextFile } from '../read-text-file.ts';
import { AWS_AUDIENCE } from '../../platforms/aws/assume-role.ts';
import { awsCredentialsFile } from '../../platforms/aws/credentials-file.ts';
import type { ExchangedToken } from '../../sdk/client/index.ts';
import type { ExchangeSettings } from '../token/exchange-settings.ts';
import { maskToken } from '../token/mask-token.ts';
import { requestToken } from '../token/request-token.ts';
import { regionFor, requestRoleKeys } from '../token/role-keys.ts';
import type { Obtained } from './keep-fresh.ts';
import { MAX_TEMPLATE_BYTES } from './limits.ts';
import { checkTemplate, tokenFileOf } from './read-outputs.ts';
import type { WantedOutput } from './read-outputs.ts';
import { AWS_MARK, dockerConfig, externalAccount, kubeconfig } from './tool-files.ts';
import { fillPlaces, placesIn } from './template-places.ts';

/** One file of an output, as it should be. */
export interface FileText {
  readonly path: string;
  readonly text: string;
}

export interface ObtainMeans {
  readonly world: World;
  readonly settings: ExchangeSettings;
  /** Hears of each access token before anything else happens with it. */
  readonly hearToken?: (token: ExchangedToken) => void;
}

/** The texts of an output's files, in the order in which they are written. Throws a CliFailure. */
export async function obtainMaterial(
  { world, settings, hearToken }: ObtainMeans,
  output: WantedOutput,
  signal: AbortSignal,
): Promise<Obtained<readonly FileText[]>> {
  const { type, path } = output;
  const access = async (): Promise<ExchangedToken> => {
    const token = await requestToken(world, narrowed(settings, output), { idTokenFor: null, signal });
    hearToken?.(token);
    return await masked(world, token);
  };
  const identity = async (audience: readonly string[]): Promise<ExchangedToken> =>
    await masked(world, await requestToken(world, settings, { idTokenFor: audience, signal }));
  const one = ({ expiresIn }: { readonly expiresIn: number }, text: string): Obtained<readonly FileText[]> => ({
    material: [{ path, text }],
    expiresIn,
  });
  switch (type) {
    case 'token': {
      const token = await access();
      return one(token, token.accessToken);
    }
    case 'id-token': {
      const token = await identity(output.audience);
      return one(token, token.accessToken);
    }
    case 'docker-config': {
      const token = await access();
      return one(token, dockerConfig(output.registry, token.accessToken));
    }
    case 'aws':
      return await obtainAws(world, settings, output, signal);
    case 'gcp': {
      const [audience = ''] = output.audience;
      // Google's default for the audience of a provider is its name with the scheme (`cambist trust gcp`).
      const token = await identity([`https:${audience.replace(/^https:/, '')}`]);
      return withTokenFile(
        output,
        token,
        externalAccount(audience.replace(/^https:/, ''), tokenFileOf(path), output.role),
      );
    }
    case 'kubeconfig': {
      const token = await identity(output.audience.length === 0 ? ['kubernetes'] : output.audience);
      return withTokenFile(output, token, kubeconfig(output, token.accessToken, tokenFileOf(path)));
    }
    case 'template': {
      const text = await readTemplate(output);
      const token = placesIn(text).known.has('idToken') ? await identity(output.audience) : await access();
      return one(token, fillTemplate(text, token));
    }
  }
}

/** Kubectl and Google's libraries read this one again while they run. It is written first: what refers to it finds it. */
function withTokenFile({ path }: WantedOutput, token: ExchangedToken, text: string): Obtained<readonly FileText[]> {
  const material = [
    { path: tokenFileOf(path), text: token.accessToken },
    { path, text },
  ];
  return { material, expiresIn: token.expiresIn };
}

function narrowed(settings: ExchangeSettings, { scope, audience }: WantedOutput): ExchangeSettings {
  return {
    ...settings,
    ...(scope.length === 0 ? {} : { scope }),
    ...(audience.length === 0 ? {} : { audience }),
  };
}

async function masked(world: World, token: ExchangedToken): Promise<ExchangedToken> {
  await maskToken(world, token.accessToken);
  return token;
}

async function obtainAws(
  world: World,
  settings: ExchangeSettings,
  { path, role = '', region: given, audience: [audience = AWS_AUDIENCE] }: WantedOutput,
  signal: AbortSignal,
): Promise<Obtained<readonly FileText[]>> {
  const region = regionFor(role, given, world.env);
  const { keys, expiresIn } = await requestRoleKeys(world, settings, { arn: role, region, audience, signal });
  for (const secret of [keys.secretAccessKey, keys.sessionToken]) await maskToken(world, secret);
  return { material: [{ path, text: AWS_MARK + awsCredentialsFile(keys, region) }], expiresIn };
}

/** Read anew each time, so that a template that was changed is used from the next renewal on. */
async function readTemplate({ template = '', audience }: WantedOutput): Promise<string> {
  if (template.includes('{{')) return template;
  const failure = (why: string): CliFailure =>
    new CliFailure(`The template ${template} ${why}.`, { code: 'invalid_configuration' });
  const text = await readTextFile(template, MAX_TEMPLATE_BYTES).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw failure(code === 'EFBIG' ? `is larger than ${MAX_TEMPLATE_BYTES / 1024} KiB` : `cannot be read (${code})`);
  });
  checkTemplate(text, audience, (detail) => {
    throw failure(detail);
  });
  return text;
}

function fillTemplate(text: string, { accessToken, expiresAt, scope }: ExchangedToken): string {
  return fillPlaces(text, {
    token: accessToken,
    idToken: accessToken,
    expiresAt: `${expiresAt.toISOString().slice(0, 19)}Z`,
    expiresAtSeconds: String(Math.floor(expiresAt.getTime() / 1000)),
    scope: scope.join(' '),
  });
}
