// What a token source is: how a job gets its ID token, as data, and the system that a source may use; no platform is named here.

export type Variables = Readonly<Record<string, string | undefined>>;

/** A request to a platform's own endpoint. */
export interface PlatformRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A unix socket to send it over; the host in the URL is then only a name. */
  readonly socket?: string;
}

export interface PlatformAnswer {
  readonly status: number;
  readonly headers: { readonly get: (name: string) => string | null };
  readonly text: string;
}

export interface ProgramEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The system that the command runs on, as far as a source may look at it or ask it; tests replace it as a whole. */
export interface System {
  readonly variables: Variables;
  /** What is at a path: null if nothing is. */
  readonly kindOf: (path: string) => Promise<'file' | 'socket' | 'directory' | null>;
  /** The text of a file; null if it cannot be read. */
  readonly readText: (path: string) => Promise<string | null>;
  /** Paths of the files in a directory; none if it cannot be read. */
  readonly listFiles: (directory: string) => Promise<readonly string[]>;
  /** One try of a request; throws if no answer comes within the milliseconds. Follows no redirect. */
  readonly send: (request: PlatformRequest, timeoutMs: number) => Promise<PlatformAnswer>;
  readonly isProgram: (name: string) => Promise<boolean>;
  readonly run: (program: string, args: readonly string[]) => Promise<ProgramEnd>;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What a platform's data may use to make a request. */
export interface SourceContext {
  readonly variables: Variables;
  /** The audience to ask for. */
  readonly audience: string;
  /** The deployment's own issuer: its tokens are never taken for a workload's. */
  readonly deployment: string;
}

/** What shows that a platform is here; every member must hold. Only a probe needs the network. */
export interface Evidence {
  /** Variables that are set and not empty. */
  readonly variables?: readonly string[];
  /** Variables with exactly this value, upper or lower case. */
  readonly values?: Readonly<Record<string, string>>;
  /** Variables that are not set. */
  readonly absent?: readonly string[];
  /** Some variable's name begins so. */
  readonly prefix?: string;
  readonly paths?: readonly string[];
  readonly programs?: readonly string[];
  /** A variable holds an ID token for the audience. */
  readonly tokenInVariables?: true;
  /** One of these files, or of the files directly in these directories, holds an ID token for the audience. `$NAME` is a variable with a path. */
  readonly tokenInFiles?: readonly string[];
  /** A metadata service answers; asked only if nothing else was found. */
  readonly probe?: Probe;
}

export interface Probe {
  readonly request: (context: SourceContext) => PlatformRequest;
  readonly recognises: (answer: PlatformAnswer) => boolean;
  /** What to say if it answered. */
  readonly found: string;
}

/** Where the token comes from. */
export type TokenOrigin =
  | { readonly from: 'variable'; readonly variable: string }
  | { readonly from: 'matching-variable' }
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'matching-file'; readonly paths: readonly string[] }
  | {
      readonly from: 'request';
      readonly request: (context: SourceContext) => PlatformRequest;
      /** The whole body, or a member of a JSON object. */
      readonly answer: 'text' | { readonly member: string };
    }
  | {
      readonly from: 'program';
      readonly program: string;
      readonly arguments: (context: SourceContext) => readonly string[];
    }
  | {
      /** A protocol of the platform's own, whose code is loaded only here. */
      readonly from: 'protocol';
      readonly obtain: (means: ProtocolMeans) => Promise<string>;
    };

/** What a platform's own protocol may use. Throws a PlatformFailure if the platform refuses. */
export interface ProtocolMeans {
  readonly system: System;
  readonly context: SourceContext;
  /** Asks an endpoint, again if that can help. */
  readonly ask: (title: string, request: PlatformRequest) => Promise<PlatformAnswer>;
  /** Does the work again after a PassingTrouble. */
  readonly retry: (title: string, work: () => Promise<string>) => Promise<string>;
}

export interface Source {
  /** As `--source` names it; the preset's name if there is one. */
  readonly name: string;
  readonly title: string;
  /** `job`: the pipeline itself, which comes before the `machine` it happens to run on. */
  readonly layer: 'job' | 'machine';
  /** The first whose evidence is there is taken. */
  readonly origins: readonly { readonly when: Evidence; readonly origin: TokenOrigin }[];
  /** Evidence of the platform without a token: what is missing, and what to do about it. */
  readonly incomplete: readonly {
    readonly when: Evidence;
    readonly missing: string;
    readonly fix: (context: SourceContext) => string;
  }[];
  /** How the job gets the right audience, if the client cannot ask for it; null if it can. */
  readonly audienceAdvice: ((context: SourceContext) => string) | null;
}
