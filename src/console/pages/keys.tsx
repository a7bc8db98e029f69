// The deployment's own signing keys: their life, and a rotation that is typed out before it happens.

import type { Child } from 'hono/jsx';
import { objectsOf } from '../api.ts';
import type { ApiProblem } from '../api.ts';
import { formStatus } from '../objects/object-pages.tsx';
import { shownValue } from '../objects/object-form.tsx';
import type { ConsolePage, FormContext, PageAnswer, PageContext } from '../page.ts';
import { ActionForm, Field } from '../parts/form.tsx';
import { PageHead } from '../parts/layout.tsx';
import { Notice, ProblemNotice } from '../parts/notice.tsx';
import { Table } from '../parts/table.tsx';
import { ago, Code, Quoted, State, Time } from '../parts/text.tsx';

const KEYS = '/v1/signing-keys';
const MODES = ['graceful', 'emergency'] as const;
type Mode = (typeof MODES)[number];

/** `/keys` and `/keys/rotate`. */
export const keyPages: readonly ConsolePage[] = [
  {
    path: '/keys',
    title: 'Signing keys',
    navigation: 'Keys',
    needs: 'iam:read',
    show: showKeys,
  },
  {
    path: '/keys/rotate',
    title: 'Rotate keys',
    needs: 'deployment',
    show: (page) => showRotation(page, null),
    submit: rotate,
  },
];

async function showKeys(page: PageContext): Promise<PageAnswer> {
  const listed = await page.api.read(KEYS);
  const keys = listed.ok ? objectsOf(listed.value) : [];
  return {
    body: (
      <>
        <PageHead
          title="Signing keys"
          lead="What signs the tokens of this deployment. Verifiers find the public halves at its JWKS address."
        >
          {page.may('deployment') ? (
            <>
              <a class="button" href="/console/keys/rotate?mode=graceful">
                Rotate
              </a>
              <a class="button danger" href="/console/keys/rotate?mode=emergency">
                A key leaked
              </a>
            </>
          ) : null}
        </PageHead>
        {listed.ok ? (
          <Table
            caption="Keys"
            columns={[
              { heading: 'Key id' },
              { heading: 'Algorithm' },
              { heading: 'Status' },
              { heading: 'Kept in' },
              { heading: 'Signs since' },
              { heading: 'Leaves' },
            ]}
            rows={keys.map((key) => [
              <Code text={String(key['kid'])} />,
              <Code text={String(key['alg'])} />,
              <State of={String(key['status'])} />,
              <Quoted text={key['source'] === 'sealed' ? 'D1, sealed' : 'a secret'} />,
              <Since at={shownValue(key['activatedAt'])} now={page.now} />,
              <Time at={shownValue(key['expiresAt'])} />,
            ])}
            empty="There is no key: this deployment cannot sign."
          />
        ) : (
          <ProblemNotice problem={listed.error} title="The keys could not be read" />
        )}
      </>
    ),
  };
}

function Since({ at, now }: { readonly at: string; readonly now: number }): Child {
  if (at === '') return <span class="soft">not yet</span>;
  return (
    <>
      <Time at={at} /> <span class="soft small">{ago(now - Math.floor(Date.parse(at) / 1000))}</span>
    </>
  );
}

function modeOf(text: string | null): Mode {
  return MODES.find((mode) => mode === text) ?? 'graceful';
}

const MEANS: Readonly<Record<Mode, Child>> = {
  graceful: (
    <p>
      The key that is on standby starts to sign. The one before it stays published until the last token that it signed
      has expired, so nothing breaks.
    </p>
  ),
  emergency: (
    <p>
      A new key signs at once, and the old one leaves the JWKS address. Tokens that it signed stop to verify as soon as
      verifiers fetch the keys anew, within five minutes. Every workload has to exchange again.
    </p>
  ),
};

async function showRotation(page: PageContext, problem: ApiProblem | string | null): Promise<PageAnswer> {
  const form = 'form' in page ? (page as FormContext).form : page.url.searchParams;
  const mode = modeOf(form.get('mode'));
  const judged = await page.api.write('POST', `${KEYS}/rotate`, { mode }, { onlyJudge: true });
  const refusal = judged.ok ? null : judged.error;
  return {
    title: 'Rotate keys',
    status: problem === null ? 200 : typeof problem === 'string' ? 400 : formStatus(problem),
    body: (
      <>
        <PageHead title={mode === 'graceful' ? 'Rotate the signing keys' : 'Take out a key that leaked'} />
        {problem !== null && typeof problem !== 'string' ? (
          <ProblemNotice problem={problem} title="Nothing was rotated" />
        ) : null}
        <Notice tone={mode === 'graceful' ? 'plain' : 'warn'} title={mode === 'graceful' ? 'Graceful' : 'Emergency'}>
          {MEANS[mode]}
        </Notice>
        {refusal === null ? (
          <ActionForm page={page} label="Rotate keys">
            <input type="hidden" name="mode" value={mode} />
            <div class="card">
              <Field
                name="confirmation"
                label={`Type “${mode}” to go on`}
                required
                fault={typeof problem === 'string' ? problem : null}
              />
              <div class="row">
                <button type="submit" class={mode === 'graceful' ? 'first' : 'danger'}>
                  Rotate now
                </button>
                <a class="button" href="/console/keys">
                  Cancel
                </a>
              </div>
            </div>
          </ActionForm>
        ) : (
          <ProblemNotice problem={refusal} title="This is not possible now" />
        )}
      </>
    ),
  };
}

async function rotate(page: FormContext): Promise<PageAnswer> {
  const mode = modeOf(page.form.get('mode'));
  if (page.form.get('confirmation')?.trim() !== mode) return showRotation(page, `must be the word ${mode}`);
  const done = await page.api.write('POST', `${KEYS}/rotate`, { mode });
  return done.ok ? { goTo: '/console/keys' } : showRotation(page, done.error);
}
