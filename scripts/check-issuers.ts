// `npm run issuers`: asks the real issuers for their documents and keys, and fails if what src/platforms believes of one no longer holds; runs each night.

import { believedIssuers, lookAtIssuers } from './nightly/believed-issuers.ts';
import { Refusal, runScript } from './local/refusal.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename);

await runScript('check-issuers', async () => {
  const { asked, others } = believedIssuers();
  const now = Math.floor(Date.now() / 1000);
  const verdicts = await lookAtIssuers(asked, now, { fetch, ownOrigins: [], allowLoopback: false });
  for (const { preset, issuer, faults, notes } of verdicts) {
    console.log(`${faults.length === 0 ? 'ok    ' : 'FAILED'}  ${preset}  ${issuer}`);
    for (const fault of faults) console.log(`          ${fault}`);
    for (const note of notes) console.log(`          (${note})`);
  }
  console.log(`not asked, since each tenant has its own or the name is private: ${others.join(', ')}`);
  const failed = verdicts.filter(({ faults }) => faults.length > 0);
  if (failed.length > 0) {
    const names = failed.map(({ issuer }) => issuer).join(', ');
    throw new Refusal(`${failed.length} of ${verdicts.length} issuers are not as src/platforms has them: ${names}`);
  }
});
