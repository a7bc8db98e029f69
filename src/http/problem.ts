// Errors of the IAM API as RFC 9457 problem details; what a problem says is decided where it is found.

import type { JsonObject } from '../token/json.ts';

/** One fault of a body, pointing at the member that has it (RFC 6901). */
export interface MemberFault {
  readonly pointer: string;
  readonly detail: string;
}

/** One fault of a query, naming its parameter. */
export interface ParameterFault {
  readonly parameter: string;
  readonly detail: string;
}

export type Fault = MemberFault | ParameterFault;

const PROBLEMS = {
  invalid: { status: 400, title: 'Bad Request' },
  unauthenticated: { status: 401, title: 'Unauthorized' },
  forbidden: { status: 403, title: 'Forbidden' },
  'not-found': { status: 404, title: 'Not Found' },
  'method-not-allowed': { status: 405, title: 'Method Not Allowed' },
  duplicate: { status: 409, title: 'Conflict' },
  'in-use': { status: 409, title: 'Conflict' },
  'limit-reached': { status: 409, title: 'Conflict' },
  'read-only': { status: 409, title: 'Conflict' },
  'changed-meanwhile': { status: 409, title: 'Conflict' },
  'cannot-rotate': { status: 409, title: 'Conflict' },
  'nothing-to-fetch': { status: 409, title: 'Conflict' },
  'version-mismatch': { status: 412, title: 'Precondition Failed' },
  'too-large': { status: 413, title: 'Content Too Large' },
  'unsupported-media-type': { status: 415, title: 'Unsupported Media Type' },
  'rate-limited': { status: 429, title: 'Too Many Requests' },
  internal: { status: 500, title: 'Internal Server Error' },
  'issuer-failing': { status: 502, title: 'Bad Gateway' },
  unavailable: { status: 503, title: 'Service Unavailable' },
} as const;
export type ProblemKind = keyof typeof PROBLEMS;

export interface Problem {
  readonly kind: ProblemKind;
  /** One plain sentence, for a person. */
  readonly detail: string;
  readonly errors?: readonly Fault[];
  /** The object that has what this one wanted. */
  readonly conflictsWith?: { readonly identity: string; readonly name: string } | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a problem says; `instance` is the path of the request. */
export function problemBody(problem: Problem, instance: string, requestId: string): JsonObject & { status: number } {
  const { status, title } = PROBLEMS[problem.kind];
  return {
    type: `urn:cambist:problem:${problem.kind}`,
    title,
    status,
    detail: problem.detail,
    message: problem.detail,
    instance,
    request_id: requestId,
    ...(problem.errors === undefined ? {} : { errors: problem.errors.map((fault) => ({ ...fault })) }),
    ...(problem.conflictsWith ? { conflictsWith: { ...problem.conflictsWith } } : {}),
  };
}

/** The response to a problem. */
export function problemResponse(problem: Problem, instance: string, requestId: string): Response {
  const body = problemBody(problem, instance, requestId);
  return new Response(JSON.stringify(body), {
    status: body.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...problem.headers },
  });
}
