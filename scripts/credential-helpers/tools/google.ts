// Google Cloud: google-auth and Go's golang.org/x/oauth2 run the executable of an `external_account`; a stand-in of Google's STS reads the ID token.

import { join } from 'node:path';

import type { Lab } from '../lab.ts';
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
      const form = new URLSearchParams(body);
      const provider = form.get('audience') ?? '';
      if (path !== '/v1/token' || !PROVIDER.test(provider)) return { status: 400, body: { error: 'invalid_target' } };
      // Unless a provider names another audience, Google expects its own name with the scheme.
      await lab.deployment.verify(form.get('subject_token') ?? '', `https:${provider}`);
      const issued = { issued_token_type: 'urn:ietf:params:oauth:token-type:access_token', token_type: 'Bearer' };
      return { body: { access_token: GRANTED, expires_in: 3600, ...issued } };
    });
    const env = {
      GOOGLE_APPLICATION_CREDENTIALS: lab.write('google.json', block),
      GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: '1',
      GOOGLE_CLOUD_PROJECT: 'acme',
    };
    const python = async (): Promise<Ended> => {
      const bin = await pythonEnvironment();
      return await lab.run(join(bin, 'python'), [fixture('google-auth.py')], env);
    };
    let built: Promise<string> | undefined;
    const go = async (): Promise<Ended> =>
      await lab.run(await (built ??= goProgram(lab, 'oauth2.go', 'golang.org/x/oauth2@v0.38.0')), [], env);
    return [...proofsOf(lab, 'google-auth', python), ...proofsOf(lab, 'golang.org/x/oauth2', go)];
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
