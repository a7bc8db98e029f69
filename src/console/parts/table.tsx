// A table that can be scanned: with a caption, headed columns, and a frame that scrolls by keyboard on a narrow screen.

import type { Child } from 'hono/jsx';
import { visibleText } from '../visible-text.ts';

export interface Column {
  readonly heading: string;
  /** Numbers stand at the right. */
  readonly isNumber?: boolean;
}

/** A table; `rows` hold a cell for each column, the first one the row's heading. `empty` is said if there is no row. */
export function Table({
  caption,
  columns,
  rows,
  empty,
}: {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Child[])[];
  readonly empty: Child;
}): Child {
  return (
    <div class="scroll" role="region" aria-label={visibleText(caption)} tabindex={0}>
      <table>
        <caption>{visibleText(caption)}</caption>
        <thead>
          <tr>
            {columns.map(({ heading, isNumber }) => (
              <th scope="col" class={isNumber === true ? 'number' : undefined}>
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.length === 0 ? (
            <tr>
              <td class="empty" colspan={columns.length}>
                {empty}
              </td>
            </tr>
          ) : (
            rows.map((cells) => (
              <tr>
                {cells.map((cell, at) =>
                  at === 0 ? (
                    <th scope="row">{cell}</th>
                  ) : (
                    <td class={columns[at]?.isNumber === true ? 'number' : undefined}>{cell}</td>
                  ),
                )}
              </tr>
            ))
          )}
        </tbody>
      </table>
    </div>
  );
}

/** Names and values, as a list of definitions. */
export function Facts({ of }: { readonly of: readonly (readonly [name: string, value: Child])[] }): Child {
  return (
    <dl class="facts">
      {of.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  );
}

/** The link to the next page of a list; nothing if there is none. */
export function NextPage({
  url,
  cursor,
  label = 'Older entries',
}: {
  readonly url: URL;
  readonly cursor: string | null;
  readonly label?: string;
}): Child {
  if (cursor === null) return null;
  const query = new URLSearchParams(url.searchParams);
  query.set('cursor', cursor);
  return (
    <nav class="pages" aria-label="Pages">
      <a class="button" href={`${url.pathname}?${query.toString()}`}>
        {label}
      </a>
    </nav>
  );
}
