// Reads of wrangler.toml what Miniflare needs to run the Worker. Not by wrangler's own reader: to load wrangler takes longer than to start workerd.

import { readFileSync } from 'node:fs';

import { parse } from 'smol-toml';

import { WRANGLER_CONFIG } from './bundle.ts';

/** The parts of wrangler.toml that a local Worker has too; rate limits and schedules are a deployment's. */
interface Written {
  readonly compatibility_date: string;
  readonly compatibility_flags?: readonly string[];
  readonly vars?: Readonly<Record<string, string>>;
  readonly d1_databases?: readonly Bound[];
  readonly kv_namespaces?: readonly Bound[];
}

interface Bound {
  readonly binding: string;
}

/** What the documented options of Miniflare 4 say of the Worker's bindings. */
export interface WranglerBindings {
  readonly compatibilityDate: string;
  readonly compatibilityFlags: string[];
  readonly bindings: Record<string, string>;
  readonly d1Databases: string[];
  readonly kvNamespaces: string[];
}

/** The bindings of wrangler.toml, each stored under its name. */
export function wranglerBindings(toml: string = readFileSync(WRANGLER_CONFIG, 'utf8')): WranglerBindings {
  const written = parse(toml) as Partial<Written>;
  const names = (bound: readonly Bound[] = []): string[] => bound.map(({ binding }) => binding);
  return {
    compatibilityDate: written.compatibility_date ?? '',
    compatibilityFlags: [...(written.compatibility_flags ?? [])],
    bindings: { ...written.vars },
    d1Databases: names(written.d1_databases),
    kvNamespaces: names(written.kv_namespaces),
  };
}
