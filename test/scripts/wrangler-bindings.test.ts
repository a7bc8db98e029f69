// What a local Worker is given of wrangler.toml is what wrangler itself reads there.

import { expect, it } from 'vitest';
import { experimental_readRawConfig as readRawConfig, unstable_getMiniflareWorkerOptions as read } from 'wrangler';

import { WRANGLER_CONFIG } from '../../scripts/local/bundle.ts';
import { wranglerBindings } from '../../scripts/local/wrangler-bindings.ts';

it('has the date, flags, settings, databases and caches that wrangler reads', () => {
  const { workerOptions } = read(WRANGLER_CONFIG);
  const found = wranglerBindings();
  expect(found).toMatchObject({
    compatibilityDate: workerOptions['compatibilityDate'],
    compatibilityFlags: workerOptions['compatibilityFlags'],
    bindings: workerOptions['bindings'],
  });
  expect(found.d1Databases).toEqual(Object.keys(workerOptions['d1Databases'] ?? {}));
  expect(found.kvNamespaces).toEqual(Object.keys(workerOptions['kvNamespaces'] ?? {}));
});

it('keeps settings of the dashboard: keep_vars stands before the first table, or it would be a member of that', () => {
  const { rawConfig } = readRawConfig({ config: WRANGLER_CONFIG });
  expect(rawConfig.keep_vars).toBe(true);
  expect(Object.keys(rawConfig.limits ?? {})).toEqual(['cpu_ms']);
});
