// Small pieces of text: what others chose, times, identifiers, states.

import type { Child } from 'hono/jsx';
import type { JsonValue } from '../../token/json.ts';
import { visibleLines, visibleText } from '../visible-text.ts';

/** Text that others chose: isolated, so that it reorders nothing around it, and with what cannot be seen written out. */
export function Quoted({ text }: { readonly text: string }): Child {
  return <bdi>{visibleText(text)}</bdi>;
}

/** The same as code: identifiers, subjects, claims. */
export function Code({ text }: { readonly text: string }): Child {
  return (
    <code>
      <bdi>{visibleText(text)}</bdi>
    </code>
  );
}

/** A time of the API (RFC 3339), as people read it, in UTC; a dash for none. */
export function Time({ at }: { readonly at: string | null }): Child {
  if (at === null || at === '') return <span class="soft">–</span>;
  const shown = visibleText(at.replace('T', ' ').replace(/(?:\.\d+)?Z$/, ''));
  return (
    <time datetime={at} title={`${visibleText(at)} (UTC)`}>
      {shown}
    </time>
  );
}

/** How long ago something was, in the largest unit that says enough. */
export function ago(seconds: number): string {
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const;
  for (const [unit, size] of units) {
    const count = Math.floor(seconds / size);
    if (count >= 1) return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
  }
  return 'just now';
}

const TONES: Readonly<Record<string, string>> = {
  granted: 'good',
  success: 'good',
  active: 'good',
  refused: 'bad',
  revoked: 'bad',
  shadow: 'warn',
  inactive: 'warn',
  expired: 'warn',
  retiring: 'warn',
};

/** A state or an outcome, in the colour of what it means, which its word says too. */
export function State({ of }: { readonly of: string }): Child {
  return <span class={`tag ${TONES[of] ?? 'soft'}`}>{visibleText(of)}</span>;
}

/** A value as JSON, in a frame that scrolls by keyboard. */
export function Json({ of, label }: { readonly of: JsonValue; readonly label: string }): Child {
  return (
    <pre tabindex={0} role="region" aria-label={label}>
      <bdi>{visibleLines(JSON.stringify(of, null, 2))}</bdi>
    </pre>
  );
}
