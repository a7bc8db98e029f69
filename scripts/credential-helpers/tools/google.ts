// Google Cloud: google-auth and Go's golang.org/x/oauth2 run the executable of an `external_account`; a stand-in of Google's STS reads the ID token.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { Lab, Variables } from '../lab.ts';
import { fixture, goProgram, pythonEnvironment } from '../libraries.ts';
import type { Reply } from '../network.ts';
import type { Ended } from '../programs.ts';
import { expectThat } from '../tool.ts';
import type { Proof, Tool } from '../tool.ts';

const GRANTED = 'access-token-of-google';
const PROVIDER = /^\/\/iam\.googleapis\.com\/projects\/.+\/providers\/cambist$/;

export const google: Tool = {
  name: 'google',
  section: 'Google Cloud',
  prepare: async (lab, block) => {
    lab.network.host('sts.googleapis.com', async ({ path, body }): Promise<Reply> => {
      // gcloud asks whose the token is, and keeps it under that name.
      if (path === '/v1/introspect')
        return { body: { active: true, username: 'principal://iam.googleapis.com/deploy' } };
      const form = new URLSearchParams(body);
      const provider = form.get('audience') ?? '';
      if (path !== '/v1/token' || !PROVIDER.test(provider)) return { status: 400, body: { error: 'invalid_target' } };
      // Unless a provider names another audience, Google expects its own name with the scheme.
      await lab.deployment.verify(form.get('subject_token') ?? '', `https:${provider}`);
      const issued = { issued_token_type: 'urn:ietf:params:oauth:token-type:access_token', token_type: 'Bearer' };
      return { body: { access_token: GRANTED, expires_in: 3600, ...issued } };
    });
    const file = lab.write('google.json', block);
    const env = {
      GOOGLE_APPLICATION_CREDENTIALS: file,
      GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: '1',
      GOOGLE_CLOUD_PROJECT: 'acme',
    };
    const python = async (more: Variables = {}): Promise<Ended> => {
      const bin = await pythonEnvironment(lab);
      return await lab.run(join(bin, 'python'), [fixture('google-auth.py')], { ...env, ...more });
    };
    let built: Promise<string> | undefined;
    const go = async (): Promise<Ended> =>
      await lab.run(await (built ??= goProgram(lab, 'oauth2.go', 'golang.org/x/oauth2@v0.38.0')), [], env);
    return [
      ...proofsOf(lab, 'google-auth', async () => await python()),
      ...proofsOf(lab, 'golang.org/x/oauth2', go),
      {
        says: 'gcloud logs in and gets a token of Google',
        prove: async () => {
          const gcloud = lab.need('gcloud', 'https://cloud.google.com/sdk/docs/install has it');
          const more = {
            ...env,
            CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE: lab.network.authority,
            CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: '1',
          };
          const login = await lab.run(gcloud, ['auth', 'login', '--quiet', `--cred-file=${file}`], more);
          expectThat(login.code === 0, 'it logs in', login);
          const ended = await lab.run(gcloud, ['auth', 'print-access-token'], more);
          expectThat(ended.code === 0 && ended.stdout.trim() === GRANTED, 'a token', ended);
        },
      },
      {
        says: 'an output_file of the configuration is not written: nothing is kept',
        prove: async () => {
          const kept = join(lab.home, 'kept.json');
          const executable = { command: 'cambist credential gcp', timeout_millis: 30_000, output_file: kept };
          const configuration = { ...(JSON.parse(block) as object), credential_source: { executable } };
          const other = lab.write('google-output-file.json', JSON.stringify(configuration));
          const ended = await python({ GOOGLE_APPLICATION_CREDENTIALS: other });
          expectThat(ended.code === 0 && !existsSync(kept), 'a token, and no file', ended);
        },
      },
    ];
  },
};

function proofsOf({ deployment }: Lab, library: string, run: () => Promise<Ended>): readonly Proof[] {
  return [
    {
      says: `${library} gets a token of Google`,
      prove: async () => {
        const ended = await run();
        expectThat(ended.code === 0 && ended.stdout.startsWith(`${GRANTED} 20`), 'a token', ended);
      },
    },
    {
      says: `${library} shows a refusal with its code and reason`,
      prove: async () => {
        const { code, stdout } = await deployment.whileRefused(run);
        const isShown = stdout.includes('invalid_request') && stdout.includes('The exchange was refused');
        expectThat(code === 3 && isShown, 'code and reason', stdout);
      },
    },
  ];
}
