// What the console is given by the composition root; it reaches storage, keys and the exchange through this and nothing else.

import type { Result } from '../exchange/result.ts';
import type { Activity, ActivityRange } from '../objects/activity.ts';
import type { Seal } from './session.ts';

/** Something that keeps the deployment from its work, or soon will; `setting` is where it is mended. */
export interface Finding {
  readonly setting: string;
  readonly detail: string;
}

/** What was found about the deployment. */
export interface Findings {
  readonly faults: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** A person as Cloudflare Access says who it is. */
export interface PersonRequest {
  /** `Cf-Access-Jwt-Assertion`. */
  readonly assertion: string;
  /** Id or slug; null for the organisation `default`. */
  readonly organisation: string | null;
  /** Id or slug; null if the assertion matches one account alone. */
  readonly serviceAccount: string | null;
  readonly requestId: string;
  readonly ip: string | null;
}

/** The token that a person was given, and the person's name. */
export interface PersonGrant {
  readonly token: string;
  readonly person: string;
}

export interface ConsoleDeps {
  /** Null if the setting is missing or wrong. */
  readonly issuerUrl: string | null;
  /** Null if the deployment has no root token. */
  readonly adminToken: string | null;
  /** Settings that are missing or wrong; the console shows nothing else while there are some. */
  readonly settingFaults: readonly Finding[];
  /** The IAM API in this process, for requests of its caller, or of a person who acts as it. */
  readonly iam: (person: string | null) => Promise<(request: Request) => Promise<Response>>;
  /** Exchanges an assertion as any workload's token is; the refusal is the caller's sentence. Throws StorageUnavailable. */
  readonly exchangeAssertion: (request: PersonRequest) => Promise<Result<PersonGrant, string>>;
  /** Whether a session was ended at the server. Throws StorageUnavailable. */
  readonly isSessionOver: (id: string) => Promise<boolean>;
  /** Ends a session until `expiresAt` (epoch seconds), when its cookie ends by itself. Throws StorageUnavailable. */
  readonly endSession: (id: string, expiresAt: number) => Promise<void>;
  /** Revokes a token that the console was given for a person. Throws StorageUnavailable. */
  readonly revokeToken: (token: string, requestId: string, ip: string | null) => Promise<void>;
  /** Sheds load; true if this address may go on. */
  readonly mayProceed: (address: string) => Promise<boolean>;
  readonly seal: () => Promise<Seal>;
  readonly newSessionId: () => string;
  /**
   * Counts what happened in the organisation with this id. It is no part of the API, so a page asks it for the organisation that
   * the API says the session has, and for whoever may read there. Throws StorageUnavailable.
   */
  readonly readActivity: (organisationId: string, range: ActivityRange) => Promise<Activity>;
  /** What /readyz would say. */
  readonly findings: () => Promise<Findings>;
  /** Epoch seconds, whole. */
  readonly now: () => number;
  readonly log: (event: Readonly<Record<string, unknown>>) => void;
}
