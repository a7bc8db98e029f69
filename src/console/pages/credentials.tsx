// Access credentials: made here, their secret shown once by the answer that makes them and by nothing else.

import type { Child } from 'hono/jsx';
import { objectOf } from '../api.ts';
import { CREDENTIAL, pageOf } from '../objects/kind.ts';
import { nameOf, objectPages } from '../objects/object-pages.tsx';
import { shownValue } from '../objects/object-form.tsx';
import type { ConsolePage } from '../page.ts';
import { PageHead } from '../parts/layout.tsx';
import { Notice } from '../parts/notice.tsx';
import { Facts } from '../parts/table.tsx';
import { Code, Quoted, Time } from '../parts/text.tsx';

/** `/accounts/:parent/credentials/…`. */
export const credentialPages: readonly ConsolePage[] = objectPages(CREDENTIAL, {
  advanced: ['description', 'labels', 'annotations'],
  // Answered to the POST itself: no address of the browser's history shows it again, and no cache may keep it.
  created: (page, answer) => {
    const credential = objectOf(answer);
    return {
      title: 'The new access credential',
      body: (
        <>
          <PageHead title="The new access credential" lead={<Quoted text={nameOf(credential)} />} />
          <Notice tone="warn" title="Copy the secret now" isFocused>
            <p>It is shown this once. The service keeps only a digest of it, and nobody can show it again.</p>
          </Notice>
          <section class="card" aria-label="The credential">
            <Facts
              of={[
                ['Client id (access key)', <Code text={String(credential['accessKey'])} />],
                ['Client secret', <Code text={String(credential['accessSecret'])} />],
                ['Scopes', <Code text={shownValue(credential['scopes']) || 'none'} />],
                ['Ends', <Time at={shownValue(credential['expiresAt'])} />],
              ]}
            />
          </section>
          <HowToUse issuerUrl={page.issuerUrl} />
          <div class="row">
            <a class="button first" href={pageOf(CREDENTIAL, page.parameters)}>
              I have copied it
            </a>
          </div>
        </>
      ),
    };
  },
});

function HowToUse({ issuerUrl }: { readonly issuerUrl: string }): Child {
  return (
    <section class="card" aria-label="How to use it">
      <h2>How to use it</h2>
      <p class="small soft">The program below asks for the secret, so that it is in no history of a shell.</p>
      <pre
        tabindex={0}
      >{`curl --data grant_type=client_credentials --user '<access key>' ${issuerUrl}/oidc/token`}</pre>
    </section>
  );
}
