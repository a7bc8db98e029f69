// What a page has to say beside its content: good news, warnings, refusals of the API.

import type { Child } from 'hono/jsx';
import type { ApiProblem } from '../api.ts';
import { Code, Quoted } from './text.tsx';

/** A notice; one that is focused is read first and scrolled to. */
export function Notice({
  tone,
  title,
  children,
  isFocused = false,
}: {
  readonly tone: 'good' | 'warn' | 'bad' | 'plain';
  readonly title?: string;
  readonly children?: Child;
  readonly isFocused?: boolean;
}): Child {
  return (
    <div
      class={`notice ${tone}`}
      role={tone === 'bad' ? 'alert' : 'status'}
      {...(isFocused ? { tabindex: -1, autofocus: true } : {})}
    >
      {title === undefined ? null : <strong>{title}</strong>}
      {children}
    </div>
  );
}

/** A refusal of the API in its own words, with what its operator finds it under. */
export function ProblemNotice({ problem, title }: { readonly problem: ApiProblem; readonly title?: string }): Child {
  return (
    <Notice tone="bad" title={title ?? (problem.status === 404 ? 'Not found' : 'This could not be done')}>
      <p>
        <Quoted text={problem.detail} />
      </p>
      <p class="small soft">
        Request <Code text={problem.requestId} />
      </p>
    </Notice>
  );
}
