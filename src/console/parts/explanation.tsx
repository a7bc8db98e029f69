// What the API explains of an exchange (contract §5.6): the decision, and each check of each rule with its hint.

import type { Child } from 'hono/jsx';
import { isJsonObject } from '../../token/json.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { textOf } from '../api.ts';
import { Notice } from './notice.tsx';
import { Table } from './table.tsx';
import { Code, Quoted, State } from './text.tsx';

/** An explanation as the API answers it; also of a rule that is not saved. */
export function Explanation({ of }: { readonly of: JsonObject }): Child {
  const identities = objects(of['identities']);
  const advice = Array.isArray(of['advice']) ? (of['advice'] as readonly JsonValue[]).map(String) : [];
  const isGranted = of['decision'] === 'granted';
  return (
    <>
      <Notice tone={isGranted ? 'good' : 'warn'} title={isGranted ? 'It would be granted' : 'It would be refused'}>
        {textOf(of, 'detail') === '' ? null : (
          <p>
            <Quoted text={textOf(of, 'detail')} />
          </p>
        )}
        {advice.length === 0 ? null : (
          <ul>
            {advice.map((sentence) => (
              <li>
                <Quoted text={sentence} />
              </li>
            ))}
          </ul>
        )}
      </Notice>
      <Issued of={of['wouldIssue']} />
      {identities.map((identity) => (
        <Candidate identity={identity} />
      ))}
      {of['truncated'] === true ? <p class="soft">There are more rules than are shown.</p> : null}
    </>
  );
}

function Issued({ of }: { readonly of: JsonValue | undefined }): Child {
  if (of === undefined || !isJsonObject(of)) return null;
  const audience = of['audience'];
  return (
    <p class="soft">
      It would carry <Code text={textOf(of, 'scope') || 'no scope'} /> for{' '}
      <Code text={Array.isArray(audience) ? audience.join(' ') : String(audience)} />, for {String(of['expiresIn'])}{' '}
      seconds.
    </p>
  );
}

function Candidate({ identity }: { readonly identity: JsonObject }): Child {
  const checks = objects(identity['checks']);
  const failed = checks.filter((check) => check['ok'] === false).length;
  return (
    <details class="card" open={failed > 0 && failed < 3}>
      <summary>
        <Quoted text={textOf(identity, 'name')} />{' '}
        <State of={identity['matched'] === true ? 'matches' : `${failed} of ${checks.length} checks fail`} />
      </summary>
      <Table
        caption={`Checks of ${textOf(identity, 'name')}`}
        columns={[
          { heading: 'Check' },
          { heading: 'Result' },
          { heading: 'Wanted' },
          { heading: 'Found' },
          { heading: 'Hint' },
        ]}
        rows={checks.map((check) => [
          <>
            {textOf(check, 'check')} {textOf(check, 'claim') === '' ? null : <Code text={textOf(check, 'claim')} />}
          </>,
          <Verdict ok={check['ok']} />,
          <Value of={check['expected']} />,
          <Value of={check['actual']} />,
          <Quoted text={textOf(check, 'hint')} />,
        ])}
        empty="Nothing was checked."
      />
    </details>
  );
}

function Verdict({ ok }: { readonly ok: JsonValue | undefined }): Child {
  if (ok === true) return <span class="good">holds</span>;
  return ok === false ? <span class="bad">fails</span> : <span class="soft">not judged</span>;
}

function Value({ of }: { readonly of: JsonValue | undefined }): Child {
  if (of === undefined || of === null) return <span class="soft">–</span>;
  const texts = Array.isArray(of) ? (of as readonly JsonValue[]) : [of];
  return <Code text={texts.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join(', ')} />;
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : [];
}
