// The page of a list: filters that the API has, rows that can be scanned, and a button for who may make one.

import type { Child } from 'hono/jsx';
import type { JsonObject } from '../../token/json.ts';
import { objectsOf } from '../api.ts';
import { LISTED_PER_PAGE } from '../limits.ts';
import type { ConsolePage, PageContext } from '../page.ts';
import { Field } from '../parts/form.tsx';
import { PageHead } from '../parts/layout.tsx';
import { ProblemNotice } from '../parts/notice.tsx';
import { NextPage, Table } from '../parts/table.tsx';
import type { Column } from '../parts/table.tsx';
import { Quoted } from '../parts/text.tsx';
import { pageOf } from './kind.ts';
import type { Kind } from './kind.ts';
import { formStatus, nameOf } from './object-pages.tsx';

/** A filter: the query parameter of the API, and what a page calls it. */
export interface Filter {
  readonly name: string;
  readonly label: string;
  readonly options?: readonly (readonly [value: string, label: string])[];
}

export interface ListOptions {
  readonly title: string;
  readonly navigation: string;
  readonly lead: string;
  readonly filters: readonly Filter[];
  readonly columns: readonly Column[];
  readonly row: (object: JsonObject, page: PageContext) => readonly Child[];
  readonly empty: string;
  /** Above the table. */
  readonly more?: (page: PageContext) => Promise<Child>;
  /** Further buttons of the head. */
  readonly buttons?: (page: PageContext) => Child;
}

/** The list of a kind. */
export function listPage(kind: Kind, options: ListOptions): ConsolePage {
  return {
    path: kind.base,
    title: options.title,
    navigation: options.navigation,
    needs: kind.change === 'deployment' ? 'deployment' : 'iam:read',
    show: async (page) => {
      const asked = Object.fromEntries(
        options.filters.map(({ name }) => [name, page.url.searchParams.get(name)?.trim() ?? '']),
      );
      const cursor = page.url.searchParams.get('cursor') ?? '';
      const listed = await page.api.read(kind.api, { ...asked, cursor, limit: String(LISTED_PER_PAGE) });
      return {
        status: listed.ok ? 200 : formStatus(listed.error),
        body: (
          <>
            <PageHead title={options.title} lead={options.lead}>
              {options.buttons?.(page)}
              {page.may(kind.change) ? (
                <a class="button first" href={`/console${kind.base}/new`}>
                  New {kind.definition.noun}
                </a>
              ) : null}
            </PageHead>
            {await options.more?.(page)}
            <Filters of={options.filters} asked={asked} page={page} />
            {listed.ok ? (
              <>
                <Table
                  caption={options.title}
                  columns={options.columns}
                  rows={objectsOf(listed.value).map((object) => options.row(object, page))}
                  empty={
                    Object.values(asked).every((value) => value === '') ? options.empty : 'Nothing fits these filters.'
                  }
                />
                <NextPage url={page.url} cursor={listed.value.next} />
              </>
            ) : (
              <ProblemNotice problem={listed.error} title="The list could not be read" />
            )}
          </>
        ),
      };
    },
  };
}

/** A link to the page of an object, by its name. */
export function ObjectLink({ kind, object }: { readonly kind: Kind; readonly object: JsonObject }): Child {
  return (
    <a href={pageOf(kind, { id: String(object['identity']) })}>
      <Quoted text={nameOf(object)} />
    </a>
  );
}

function Filters({
  of,
  asked,
  page,
}: {
  readonly of: readonly Filter[];
  readonly asked: Readonly<Record<string, string>>;
  readonly page: PageContext;
}): Child {
  return (
    <form method="get" action={page.url.pathname} class="filters" role="search" aria-label="Filter the list">
      {of.map(({ name, label, options }) => (
        <Field
          name={name}
          label={label}
          value={asked[name] ?? ''}
          {...(options === undefined ? { type: 'search' as const } : { options: [['', 'any'], ...options] })}
        />
      ))}
      <div>
        <button type="submit">Filter</button>
      </div>
    </form>
  );
}
