// The page that ends every token that was issued so far for an object, and leaves the object as it is.

import { objectOf } from '../api.ts';
import type { ApiProblem } from '../api.ts';
import type { ConsolePage, PageAnswer, PageContext } from '../page.ts';
import { ActionForm } from '../parts/form.tsx';
import { PageHead } from '../parts/layout.tsx';
import { Notice, ProblemNotice } from '../parts/notice.tsx';
import { Quoted } from '../parts/text.tsx';
import { apiPath, pageOf } from './kind.ts';
import type { Kind } from './kind.ts';
import { formStatus, nameOf, notRead } from './object-pages.tsx';

/** `…/:id/revoke-tokens`. */
export function revokeTokensPage(kind: Kind): ConsolePage {
  const { noun } = kind.definition;
  const title = 'Revoke tokens';
  const answer = async (page: PageContext, problem: ApiProblem | null): Promise<PageAnswer> => {
    const read = await page.api.read(apiPath(kind, page.parameters));
    if (!read.ok) return notRead(read.error);
    return {
      status: problem === null ? 200 : formStatus(problem),
      body: (
        <>
          <PageHead title={title} lead={<Quoted text={nameOf(objectOf(read.value))} />} />
          {problem === null ? null : <ProblemNotice problem={problem} title="Nothing was revoked" />}
          <Notice tone="warn" title="Every token so far ends">
            <p>
              Tokens that were issued for this {noun} until now are no longer active: introspection says so at once, and
              APIs that verify offline accept them until they expire. New ones are issued as before.
            </p>
          </Notice>
          <ActionForm page={page} label={title}>
            <div class="row">
              <button type="submit" class="danger">
                Revoke every token
              </button>
              <a class="button" href={pageOf(kind, page.parameters)}>
                Cancel
              </a>
            </div>
          </ActionForm>
        </>
      ),
    };
  };
  return {
    path: `${kind.base}/:id/revoke-tokens`,
    title,
    needs: kind.change,
    show: (page) => answer(page, null),
    submit: async (page) => {
      const done = await page.api.write('POST', `${apiPath(kind, page.parameters)}/revoke-tokens`);
      return done.ok ? { goTo: pageOf(kind, page.parameters) } : answer(page, done.error);
    },
  };
}
