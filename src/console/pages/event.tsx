// One audit event whole, with the explanation of what it decided, and the way to a rule that would accept it.

import type { Child } from 'hono/jsx';
import { isJsonObject } from '../../token/json.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { objectOf, textOf } from '../api.ts';
import type { ConsolePage, PageAnswer, PageContext } from '../page.ts';
import { notRead } from '../objects/object-pages.tsx';
import { Explanation } from '../parts/explanation.tsx';
import { PageHead } from '../parts/layout.tsx';
import { Notice } from '../parts/notice.tsx';
import { Facts } from '../parts/table.tsx';
import { Code, Json, Quoted, State, Time } from '../parts/text.tsx';
import { ACTIVITY_PATH } from '../routes.ts';
import { newRuleFor } from '../rule/for-event.ts';

async function showEvent(page: PageContext): Promise<PageAnswer> {
  const { api, parameters } = page;
  const answer = await api.read(`/v1/audit-events/${encodeURIComponent(parameters['id'] ?? '')}`);
  if (!answer.ok) {
    return { title: 'Not found', ...notRead(answer.error) };
  }
  const event = objectOf(answer.value);
  const isDecision = textOf(event, 'action') === 'token.exchange' && textOf(event, 'issuer') !== '';
  const isRefusal = isDecision && textOf(event, 'outcome') !== 'granted';
  const claims = event['claims'];
  const requestId = textOf(event, 'requestId');
  const explained = isDecision ? await api.write('POST', '/v1/federated-identities/explain', { requestId }) : null;
  const explanation = explained?.ok === true ? objectOf(explained.value) : null;
  return {
    title: `Event ${textOf(event, 'identity')}`,
    body: (
      <>
        <PageHead title={titleOf(event)} lead={<Time at={textOf(event, 'time')} />}>
          <State of={textOf(event, 'outcome')} />
          {isRefusal && page.may('iam:write') && claims !== null ? (
            <a class="button first" href={newRuleFor(event, explanation, page.issuerUrl)}>
              Make a rule that would accept this
            </a>
          ) : null}
        </PageHead>
        {textOf(event, 'detail') === '' ? null : (
          <Notice tone={isRefusal ? 'warn' : 'plain'}>
            <p>
              <Quoted text={textOf(event, 'detail')} />
            </p>
          </Notice>
        )}
        <section class="card" aria-labelledby="event">
          <h2 id="event">The event</h2>
          <Facts of={factsOf(event)} />
        </section>
        <JsonCard title="Claims of the token" value={claims} />
        <JsonCard title="What the request asked for" value={event['asked']} />
        <JsonCard title="What changed" value={event['changes']} />
        {explained === null ? null : <Explained answer={explained} />}
      </>
    ),
  };
}

/** What the API explains of the request now, with today's rules. */
function Explained({ answer }: { readonly answer: Awaited<ReturnType<PageContext['api']['write']>> }): Child {
  return (
    <section class="stack" aria-labelledby="explanation">
      <h2 id="explanation">What today's rules say to it</h2>
      {answer.ok ? (
        <Explanation of={objectOf(answer.value)} />
      ) : (
        <Notice tone="plain">
          <p>
            <Quoted text={answer.error.detail} />
          </p>
        </Notice>
      )}
    </section>
  );
}

function JsonCard({ title, value }: { readonly title: string; readonly value: JsonValue | undefined }): Child {
  if (value === undefined || !isJsonObject(value) || Object.keys(value).length === 0) return null;
  return (
    <section class="card" aria-label={title}>
      <h2>{title}</h2>
      <Json of={value} label={title} />
    </section>
  );
}

function titleOf(event: JsonObject): string {
  const action = textOf(event, 'action');
  if (action !== 'token.exchange') return action;
  return textOf(event, 'outcome') === 'granted' ? 'A token was granted' : 'A token was not granted';
}

function factsOf(event: JsonObject): (readonly [string, Child])[] {
  const name = (label: string, member: string): readonly [string, Child][] => {
    const value = textOf(event, member);
    return value === '' ? [] : [[label, <Code text={value} />]];
  };
  const filtered = (label: string, member: string): readonly [string, Child][] => {
    const value = textOf(event, member);
    const query = new URLSearchParams({ [member]: value }).toString();
    return value === '' ? [] : [[label, <a href={`${ACTIVITY_PATH}?${query}`}>{<Code text={value} />}</a>]];
  };
  const omitted = event['claimsOmitted'];
  return [
    ...name('Actor', 'actor'),
    ...name('Action', 'action'),
    ...name('Reason', 'reason'),
    ['Count', String(event['count'] ?? 1)],
    ...filtered('Service account', 'serviceAccount'),
    ...filtered('Federated identity', 'federatedIdentity'),
    ...filtered('Issuer', 'issuer'),
    ...filtered('Subject', 'subject'),
    ...filtered('Request', 'requestId'),
    ...name('Token', 'tokenId'),
    ...name('Address', 'ip'),
    ...(Array.isArray(omitted) ? [['Claims left out', <Quoted text={omitted.join(', ')} />] as const] : []),
    ...name('Digest of all claims', 'claimsDigest'),
    ...name('Event', 'identity'),
  ];
}

/** `/console/activity/{id}`. */
export const eventPage: ConsolePage = {
  path: '/activity/:id',
  title: 'Event',
  needs: 'iam:read',
  show: showEvent,
};
