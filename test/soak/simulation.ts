// What the soak tells its Worker: the time, and now and then a new secret or that the hourly sweep is due. Does nothing.

export const SIMULATION_PATH = '/simulation';

export interface Simulation {
  /** Epoch seconds; time stands still until the next one. */
  readonly now: number;
  /** A new SIGNING_KEYS secret, as after a deployment. */
  readonly signingKeys?: string;
  /** A new SEALING_KEY secret, in place of the other. */
  readonly sealingKey?: string;
  readonly sweep?: boolean;
}
