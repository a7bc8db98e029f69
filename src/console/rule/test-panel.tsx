// The live test in the form of a rule: claims or a token go in, every check of the unsaved rule and its neighbours come out.

import type { Child } from 'hono/jsx';
import { canonicalJson } from '../../token/canonical-json.ts';
import { isJsonObject } from '../../token/json.ts';
import type { JsonObject } from '../../token/json.ts';
import { objectOf, objectsOf } from '../api.ts';
import { bodyOfNew } from '../objects/member-form.ts';
import type { Edited } from '../objects/object-pages.tsx';
import { PROVIDER } from '../objects/kind.ts';
import type { PageContext } from '../page.ts';
import { Field } from '../parts/form.tsx';
import { Notice } from '../parts/notice.tsx';
import { Table } from '../parts/table.tsx';
import { Code, Quoted } from '../parts/text.tsx';
import { readSample } from './read-sample.ts';
import type { Verified } from './read-sample.ts';
import { CHECKS_OF_RULE, tryRule } from './try-rule.ts';
import type { Tried } from './try-rule.ts';

/** The panel, with the result if `form` asks for a test. */
export async function testPanel(page: PageContext, form: URLSearchParams | null, edited: Edited): Promise<Child> {
  const claims =
    form?.get('testClaims') ?? page.url.searchParams.get('testClaims') ?? (await lastClaims(page, edited.before));
  return (
    <section class="card" aria-labelledby="test-heading">
      <h2 id="test-heading">Try it before you save it</h2>
      <p class="small soft">
        Nothing is saved and nothing is consumed. The rule above is held against these claims, and against those of
        neighbours that should stay out.
      </p>
      {form?.get('do') === 'test' ? await result(page, form, edited) : null}
      <Field
        name="testClaims"
        label="Claims"
        lines={8}
        value={claims}
        hint={
          edited.before !== null && claims !== '' && form === null
            ? 'JSON. These are the claims of the last token that was granted by it.'
            : 'JSON, as in a decoded token; they count as verified.'
        }
      />
      <Field
        name="subjectToken"
        label="Or a token"
        lines={3}
        hint="A real ID token, which is verified first. It goes in front of the claims, and is not shown again."
      />
      <div>
        <button type="submit" name="do" value="test" formnovalidate>
          Try the rule
        </button>
      </div>
    </section>
  );
}

/** The claims of the last token that the rule accepted; empty if there is none, or they were not kept whole. */
async function lastClaims({ api }: PageContext, before: JsonObject | null): Promise<string> {
  if (before === null) return '';
  const query = {
    federatedIdentity: String(before['identity']),
    action: 'token.exchange',
    outcome: 'granted',
    limit: '1',
  };
  const listed = await api.read('/v1/audit-events', query);
  const claims = listed.ok ? objectsOf(listed.value)[0]?.['claims'] : undefined;
  return claims !== undefined && isJsonObject(claims) ? JSON.stringify(claims, null, 2) : '';
}

async function result(page: PageContext, form: URLSearchParams, { members, typed, before }: Edited): Promise<Child> {
  const sample = await readSample(page, form);
  if (sample === null) return <Failed detail="Paste claims or a token to try the rule on." />;
  if (!sample.ok) return <Failed detail={sample.error} />;
  const { body, faults } = bodyOfNew(members, typed);
  const rule: JsonObject = { ...before, ...body };
  if (faults.length > 0) return <Failed detail={faults.map(({ place, detail }) => `${place} ${detail}`).join('; ')} />;
  const read = await page.api.read(`${PROVIDER.api}/${encodeURIComponent(String(rule['providerIdentity'] ?? ''))}`);
  if (!read.ok) return <Failed detail="Choose the identity provider first: it says how the subject is read." />;
  const provider = objectOf(read.value);
  const { claims, verification } = sample.value;
  const named = { name: 'this rule', ...rule };
  const { neighboursOf } = await import('./neighbours.ts');
  const neighbours = await neighboursOf(String(provider['preset']), claims, page.issuerUrl);
  const samples = [{ who: 'these claims', claims }, ...neighbours];
  const [own, ...others] = await tryRule(named, provider, page.issuerUrl, samples, page.now);
  return (
    <div class="stack" tabindex={-1} autofocus>
      {verification.some(({ isOk }) => !isOk) ? <Unverified checks={verification} /> : null}
      {own === undefined ? null : <Own tried={own} />}
      {others.length === 0 ? (
        <p class="small soft">
          The platform names no neighbours for such claims: give the claims of a real token to see who else is close.
        </p>
      ) : (
        <Table
          caption="Neighbours, who should stay out"
          columns={[{ heading: 'Who' }, { heading: 'This rule' }]}
          rows={others.map(({ who, isAccepted }) => [
            <Quoted text={who} />,
            isAccepted ? <span class="tag bad">lets in</span> : <span class="tag good">keeps out</span>,
          ])}
          empty=""
        />
      )}
    </div>
  );
}

function Failed({ detail }: { readonly detail: string }): Child {
  return (
    <Notice tone="bad" title="The rule was not tried" isFocused>
      <p>
        <Quoted text={detail} />
      </p>
    </Notice>
  );
}

function Unverified({ checks }: { readonly checks: readonly Verified[] }): Child {
  return (
    <Notice tone="warn" title="This token would be refused before any rule is looked at">
      <ul>
        {checks
          .filter(({ isOk }) => !isOk)
          .map(({ check, detail }) => (
            <li>
              <Quoted text={`${check}: ${detail}`} />
            </li>
          ))}
      </ul>
    </Notice>
  );
}

function Own({ tried: { isAccepted, explained, detail } }: { readonly tried: Tried }): Child {
  return (
    <>
      <Notice tone={isAccepted ? 'good' : 'bad'} title={isAccepted ? 'The rule accepts them' : 'The rule refuses them'}>
        {detail === null ? null : (
          <p>
            <Quoted text={detail} />
          </p>
        )}
      </Notice>
      {explained === null ? null : (
        <Table
          caption="Every check"
          columns={[
            { heading: 'Check' },
            { heading: 'Verdict' },
            { heading: 'Wanted' },
            { heading: 'Found' },
            { heading: 'Hint' },
          ]}
          rows={explained.checks
            .filter(({ check }) => CHECKS_OF_RULE.has(check))
            .map(({ check, claim, expected, actual, ok, hint }) => [
              <Quoted text={claim === null ? check : `${check} ${claim}`} />,
              ok === true ? <span class="tag good">passed</span> : <span class="tag bad">failed</span>,
              <Code text={expected === null ? '–' : canonicalJson(expected)} />,
              <Code text={actual === null ? '–' : canonicalJson(actual)} />,
              <Quoted text={hint ?? ''} />,
            ])}
          empty=""
        />
      )}
    </>
  );
}
