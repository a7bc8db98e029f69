// The three labels by which a bootstrap finds again what it made; what lacks them was made by somebody else.

export const MANAGED_BY = 'cambist/managed-by';
export const PLATFORM = 'cambist/platform';
export const KEY = 'cambist/bootstrap-key';
export const BOOTSTRAP = 'bootstrap';

export type Labels = Readonly<Record<string, string>>;

/** The labels of everything that is made for one workload. */
export function bootstrapLabels(preset: string, key: string): Labels {
  return { [MANAGED_BY]: BOOTSTRAP, [PLATFORM]: preset, [KEY]: key };
}

/** A list's query for what has these labels. */
export function matching(labels: Labels): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [`matchLabels[${key}]`, value]));
}

/** Whether a bootstrap made it. */
export function isBootstrapped(object: { readonly labels: Labels }): boolean {
  return object.labels[MANAGED_BY] === BOOTSTRAP;
}
