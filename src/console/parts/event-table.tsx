// Audit events as a table, each linked to its page.

import type { Child } from 'hono/jsx';
import type { JsonObject } from '../../token/json.ts';
import { textOf } from '../api.ts';
import { ACTIVITY_PATH } from '../routes.ts';
import { Table } from './table.tsx';
import { Code, Quoted, State, Time } from './text.tsx';

/** The events, newest first as they come. */
export function EventTable({
  caption,
  events,
  empty,
}: {
  readonly caption: string;
  readonly events: readonly JsonObject[];
  readonly empty: Child;
}): Child {
  return (
    <Table
      caption={caption}
      columns={[
        { heading: 'Time (UTC)' },
        { heading: 'Outcome' },
        { heading: 'Who' },
        { heading: 'What' },
        { heading: 'Count', isNumber: true },
      ]}
      rows={events.map((event) => [
        <a href={`${ACTIVITY_PATH}/${encodeURIComponent(textOf(event, 'identity'))}`}>
          <Time at={textOf(event, 'time')} />
        </a>,
        <State of={textOf(event, 'outcome')} />,
        <Quoted text={textOf(event, 'actor')} />,
        <What event={event} />,
        String(event['count'] ?? 1),
      ])}
      empty={empty}
    />
  );
}

/** A refusal by its reason, a change by its action. */
function What({ event }: { readonly event: JsonObject }): Child {
  const [action, reason] = [textOf(event, 'action'), textOf(event, 'reason')];
  if (action === 'token.exchange' && reason === '') return <span class="soft">a token</span>;
  return (
    <span class="tight">
      <Code text={reason || action} />
    </span>
  );
}
