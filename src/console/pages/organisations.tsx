// Organisations, for whoever manages the deployment; root can choose the one that the console shows.

import type { Child } from 'hono/jsx';
import { ORGANISATION } from '../objects/kind.ts';
import { listPage, ObjectLink } from '../objects/list-page.tsx';
import { shownValue } from '../objects/object-form.tsx';
import { objectPages } from '../objects/object-pages.tsx';
import { showPage } from '../objects/show-object.tsx';
import type { ConsolePage, PageContext } from '../page.ts';
import { ActionForm } from '../parts/form.tsx';
import { Code, Quoted, Time } from '../parts/text.tsx';

/** `/organisations` and what is below it. */
export const organisationPages: readonly ConsolePage[] = [
  listPage(ORGANISATION, {
    title: 'Organisations',
    navigation: 'Organisations',
    lead: 'Each has its own providers, accounts, rules and events, and sees nothing of the others.',
    filters: [],
    columns: [
      { heading: 'Name' },
      { heading: 'Slug' },
      { heading: 'Reserved audiences' },
      { heading: 'Created' },
      { heading: 'Console' },
    ],
    row: (organisation, page) => [
      <ObjectLink kind={ORGANISATION} object={organisation} />,
      <Code text={String(organisation['slug'])} />,
      <Quoted text={shownValue(organisation['reservedAudiences']) || '–'} />,
      <Time at={String(organisation['createdAt'])} />,
      <Show page={page} slug={String(organisation['slug'])} />,
    ],
    empty: 'There is always one.',
  }),
  showPage(ORGANISATION, async (page, organisation) => <Show page={page} slug={String(organisation['slug'])} />),
  ...objectPages(ORGANISATION, {
    advanced: ['slug', 'labels', 'annotations'],
    dependants: async () => <p>Only an organisation without any contents can be deleted, and never “default”.</p>,
  }),
];

/** A token has its organisation; root chooses. */
function Show({ page, slug }: { readonly page: PageContext; readonly slug: string }): Child {
  if (page.me.organisation.slug === slug) return <span class="soft">shown now</span>;
  if (page.me.kind !== 'root') return <span class="soft">–</span>;
  return (
    <ActionForm page={page} action="/console/organisation" label={`Show ${slug}`}>
      <input type="hidden" name="organisation" value={slug} />
      <div>
        <button type="submit" class="plain">
          Show it
        </button>
      </div>
    </ActionForm>
  );
}
