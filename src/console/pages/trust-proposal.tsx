// One proposal of the trust report: beside its rule as a shadow rule first, or as configuration to paste.

import { snakeCase } from '../../objects/definition.ts';
import { block } from '../../objects/hcl.ts';
import { shadowRule } from '../../objects/shadow-rule.ts';
import { isJsonObject } from '../../token/json.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { objectOf, textOf } from '../api.ts';
import { apiPath, pathOf, TRUST } from '../objects/kind.ts';
import { formMembers, typedOf } from '../objects/member-form.ts';
import { nameOf, notRead } from '../objects/object-pages.tsx';
import type { ConsolePage, PageAnswer, PageContext } from '../page.ts';
import { PageHead } from '../parts/layout.tsx';
import { Notice } from '../parts/notice.tsx';
import { Quoted } from '../parts/text.tsx';
import { ROOT_PATH } from '../routes.ts';
import { visibleLines } from '../visible-text.ts';
import { proposedMembers } from './trust-report.tsx';

async function showProposal(page: PageContext): Promise<PageAnswer> {
  const rule = await page.api.read(apiPath(TRUST, page.parameters));
  if (!rule.ok) return notRead(rule.error);
  const report = await page.api.read('/v1/reports/trust', { identity: page.parameters['id'] ?? '' });
  if (!report.ok) return notRead(report.error);
  const today = objectOf(rule.value);
  const proposed = proposalIn(objectOf(report.value));
  const head = <PageHead title="A narrower rule" lead={<Quoted text={nameOf(today)} />} />;
  if (proposed === null)
    return {
      body: (
        <>
          {head}
          <Notice tone="plain" title="Nothing is proposed for this rule">
            <p>Its recorded grants need all that it gives, or too few were recorded.</p>
          </Notice>
        </>
      ),
    };
  return {
    body: (
      <>
        {head}
        {page.may(TRUST.change) ? <AsShadow today={today} proposed={proposed} /> : null}
        <Configuration label="In Terraform, of the resource of this rule" text={inTerraform(today, proposed)} />
        <Configuration label="In cambist.yaml, of this rule" text={inYaml(proposed)} />
      </>
    ),
  };
}

/** The proposed members of the one rule that the report was asked for; null if nothing is proposed. */
function proposalIn(report: JsonObject): JsonObject | null {
  const identities = report['identities'];
  const [entry] = Array.isArray(identities) ? (identities as readonly JsonValue[]) : [];
  const proposal = entry !== undefined && isJsonObject(entry) ? entry['proposal'] : null;
  if (proposal === null || proposal === undefined || !isJsonObject(proposal)) return null;
  return Object.fromEntries(proposedMembers(proposal).map(({ name }) => [name, proposal[name] ?? null]));
}

function AsShadow({ today, proposed }: { readonly today: JsonObject; readonly proposed: JsonObject }) {
  const typed = typedOf(formMembers(TRUST, true), shadowRule(today, proposed));
  const given = Object.entries(typed).filter(([, value]) => value !== '');
  return (
    <Notice tone="plain" title="Try it first">
      <p>
        A shadow rule grants nothing: the activity says what it would have granted. If that is all of it after a week,
        change the rule itself.
      </p>
      <div>
        <a
          class="button"
          href={`${ROOT_PATH}${pathOf(TRUST.base, {})}/new?${new URLSearchParams(given.map(([name, value]) => [name, value])).toString()}`}
        >
          Add it as a shadow rule
        </a>
      </div>
    </Notice>
  );
}

function Configuration({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <section class="card" aria-label={label}>
      <h2>{label}</h2>
      <pre tabindex={0}>{visibleLines(text)}</pre>
    </section>
  );
}

/** The changed attributes, in a block of a name that whoever pastes them has chosen already. */
function inTerraform(today: JsonObject, proposed: JsonObject): string {
  const attributes = Object.entries(proposed).map(([name, value]) => [snakeCase(name), value] as const);
  return block('resource', ['cambist_federated_identity', textOf(today, 'identity')], Object.fromEntries(attributes));
}

/** The changed members. A value of JSON is one of YAML (YAML 1.2 §1.3), with what cannot be seen written out. */
function inYaml(proposed: JsonObject): string {
  const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
  const escaped = (text: string): string =>
    text.replaceAll(hidden, (character) =>
      [...Array(character.length).keys()]
        .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
        .join(''),
    );
  return Object.entries(proposed)
    .map(([name, value]) => `${name}: ${escaped(JSON.stringify(value))}\n`)
    .join('');
}

/** `/console/trust/{id}/proposal`. */
export const trustProposalPage: ConsolePage = {
  path: `${TRUST.base}/:id/proposal`,
  title: 'A narrower rule',
  needs: 'iam:read',
  show: showProposal,
};
