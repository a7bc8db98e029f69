// The places in a template that stand for a token and what belongs to it; pure text.

const PLACE = /\{\{([^{}]*)\}\}/g;
const PLACES = ['token', 'idToken', 'expiresAt', 'expiresAtSeconds', 'scope'] as const;
type TemplatePlace = (typeof PLACES)[number];

/** The places of a text, and what stands between braces and is none. */
export function placesIn(text: string): {
  readonly known: ReadonlySet<TemplatePlace>;
  readonly unknown: readonly string[];
} {
  const names = [...text.matchAll(PLACE)].map(([, name = '']) => name.trim());
  const known = PLACES.filter((place) => names.includes(place));
  return { known: new Set(known), unknown: names.filter((name) => !known.includes(name as TemplatePlace)) };
}

/** The text with its places filled. None of the values has a character that JSON, YAML or a shell in quotes would read. */
export function fillPlaces(text: string, values: Readonly<Partial<Record<TemplatePlace, string>>>): string {
  return text.replaceAll(PLACE, (_, name: string) => values[name.trim() as TemplatePlace] ?? '');
}
