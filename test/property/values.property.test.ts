// The values that objects share, whatever is put into them: times read back, slugs that are slugs (contract §5).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { formatTimestamp, parseTimestamp } from '../../src/objects/values.ts';
import { faultsOf } from '../../src/objects/judge.ts';
import { slug, slugOf } from '../../src/objects/slug.ts';
import { holds } from '../support/runs.ts';

describe('times', () => {
  it('are read back as they were written (contract §5)', async () => {
    await holds(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
        const text = formatTimestamp(seconds);
        expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        expect(parseTimestamp(text)).toBe(seconds);
      }),
    );
  });
});

describe('slugs', () => {
  it('are all that is made of any name, and never look like identifiers (contract §5.2)', async () => {
    await holds(
      fc.property(fc.string({ maxLength: 200, unit: 'binary' }), (name) => {
        const made = slugOf(name);
        expect(made === '' || faultsOf(slug.is, made).length === 0).toBe(true);
        expect(made).not.toContain('_');
      }),
    );
  });
});
