// docs/platforms.md says what the presets and fixtures say today.

import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { PLATFORMS_DOC, renderPlatforms } from '../../scripts/generate-platforms.ts';

it('keeps docs/platforms.md in step with the presets and their fixtures (run scripts/generate-platforms.ts)', () => {
  expect(readFileSync(PLATFORMS_DOC, 'utf8')).toBe(renderPlatforms());
});
