// One finding of `cambist doctor`: what was checked, how it ended, and what mends it.

export interface Finding {
  readonly check: string;
  readonly verdict: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly detail: string;
  /** What mends it; null if there is nothing to mend. */
  readonly advice: string | null;
}

/** Reports a finding as soon as it is known. */
export type Tell = (check: string, verdict: Finding['verdict'], detail: string, advice?: string | null) => void;
