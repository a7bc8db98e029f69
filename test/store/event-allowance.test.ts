// What the grants of an organisation add to the log in a minute: whole at first, without the token's words beyond the bound (contract §5.7).

import { describe, expect, it } from 'vitest';

import { recordSubject } from '../../src/exchange/recorded-claims.ts';
import { decisionEvent } from '../../src/exchange/record.ts';
import { NOTHING_ASKED } from '../../src/exchange/request.ts';
import type { NewAuditEvent } from '../../src/objects/audit-log.ts';
import { createEventAllowance } from '../../src/store/event-allowance.ts';
import { MAX_EVENT_CHARS_PER_WINDOW, MAX_SHORT_VALUE_CHARS, UNMEASURED_EVENTS } from '../../src/store/limits.ts';

const NOW = 1_800_000_000;
const WORST = { padding: 'x'.repeat(12_000) };

function grant(of: Partial<NewAuditEvent> = {}, now: number = NOW): NewAuditEvent {
  const request = { ...NOTHING_ASKED, requestId: crypto.randomUUID(), ip: '192.0.2.1', now };
  return decisionEvent(request, {
    id: `evt_${crypto.randomUUID()}`,
    organisationId: 'org_1',
    actor: 'job:1',
    subject: 'job:1',
    issuer: 'https://issuer.example.com',
    outcome: 'granted',
    claims: WORST,
    asked: { scope: 'api:read' },
    tokenId: crypto.randomUUID(),
    ...of,
  });
}

describe('the grants of an organisation', () => {
  it('are recorded whole as long as a thousand ordinary ones a minute would be', () => {
    const fit = createEventAllowance();
    const claims = { padding: 'x'.repeat(900) };
    for (let count = 0; count < 1_000; count += 1) {
      const event = grant({ claims });
      expect(fit(event)).toBe(event);
    }
  });

  it('keep who, what and when beyond it, and take less than a tenth of the worst', async () => {
    const fit = createEventAllowance();
    const long = await recordSubject('job:'.padEnd(2_000, 'x'));
    const written = Array.from({ length: 1_000 }, () => fit(grant({ subject: long, actor: long })));
    const whole = written.filter(({ claims }) => claims !== null);
    expect(whole.length).toBeGreaterThan(UNMEASURED_EVENTS);
    expect(whole.length).toBeLessThan(150);
    const last = written.at(-1);
    expect(last).toMatchObject({
      organisationId: 'org_1',
      time: NOW,
      outcome: 'granted',
      claims: null,
      asked: { scope: 'api:read' },
      issuer: 'https://issuer.example.com',
      ip: '192.0.2.1',
      detail: expect.stringContaining('left out'),
    });
    expect(last?.tokenId).toMatch(/\w/);
    expect(last?.actor).toBe(`${long.slice(0, MAX_SHORT_VALUE_CHARS)}…`);
    expect(JSON.stringify(last).length).toBeLessThan(1_200);
    // By which the filter of the list finds it.
    expect(last?.subject).toBe(long);
    const chars = written.reduce((sum, { claims }) => sum + JSON.stringify(claims).length, 0);
    expect(chars).toBeLessThan(2 * MAX_EVENT_CHARS_PER_WINDOW);
  });

  it('have room again in the next minute, and an organisation takes none from another', () => {
    const fit = createEventAllowance();
    for (let count = 0; count < 300; count += 1) fit(grant());
    expect(fit(grant()).claims).toBeNull();
    expect(fit(grant({ organisationId: 'org_2' })).claims).toEqual(WORST);
    expect(fit(grant({}, NOW + 60)).claims).toEqual(WORST);
  });

  it('keep a note that was there, and say nothing of claims to an access credential, which has none', () => {
    const fit = createEventAllowance();
    for (let count = 0; count < 300; count += 1) fit(grant());
    expect(fit(grant({ detail: 'renamed' })).detail).toMatch(/^renamed; claims left out/);
    const asked = { scope: 'x'.repeat(4_000) };
    for (let count = 0; count < 300; count += 1) fit(grant({ claims: null, asked }));
    expect(fit(grant({ claims: null, asked }))).toMatchObject({ asked: null, detail: null });
  });
});
