// The page of one object: every member that says something, and what can be done with it.

import type { Child } from 'hono/jsx';
import type { JsonObject } from '../../token/json.ts';
import { objectOf } from '../api.ts';
import type { ConsolePage, PageContext } from '../page.ts';
import { PageHead } from '../parts/layout.tsx';
import { Facts } from '../parts/table.tsx';
import { Code, Quoted, State, Time } from '../parts/text.tsx';
import { apiPath, pageOf } from './kind.ts';
import type { Kind } from './kind.ts';
import { labelOf } from './member-field.tsx';
import { shownValue } from './object-form.tsx';
import { nameOf, notRead } from './object-pages.tsx';

/** Members whose values people read as text and not as code. */
const PROSE: ReadonlySet<string> = new Set(['name', 'description', 'note']);

/** The page of an object. `more` is what belongs to it; `buttons` are further ones for who may change it. */
export function showPage(
  kind: Kind,
  more: (page: PageContext, object: JsonObject) => Promise<Child>,
  buttons: (page: PageContext, object: JsonObject) => Child = () => null,
  /** Members that `more` shows in its own way. */
  shownElsewhere: readonly string[] = [],
): ConsolePage {
  const { noun } = kind.definition;
  return {
    path: `${kind.base}/:id`,
    title: noun.charAt(0).toUpperCase() + noun.slice(1),
    needs: kind.change === 'deployment' ? 'deployment' : 'iam:read',
    show: async (page) => {
      const read = await page.api.read(apiPath(kind, page.parameters));
      if (!read.ok) return notRead(read.error);
      const object = objectOf(read.value);
      const here = pageOf(kind, page.parameters);
      const mayChange = page.may(kind.change) && object['isReadOnly'] !== true;
      return {
        title: nameOf(object),
        body: (
          <>
            <PageHead title={<Quoted text={nameOf(object)} />} lead={<Code text={String(object['identity'])} />}>
              {buttons(page, object)}
              {mayChange ? (
                <>
                  <a class="button" href={`${here}/edit`}>
                    Change
                  </a>
                  <a class="button danger" href={`${here}/delete`}>
                    Delete
                  </a>
                </>
              ) : null}
            </PageHead>
            <section class="card" aria-label={`The ${noun}`}>
              <Facts of={factsOf(kind, object, new Set(shownElsewhere))} />
            </section>
            {await more(page, object)}
          </>
        ),
      };
    },
  };
}

/** Every member that has a value, in the order of its definition. */
function factsOf(
  { definition }: Kind,
  object: JsonObject,
  left: ReadonlySet<string>,
): readonly (readonly [string, Child])[] {
  const facts = Object.entries(definition.members).flatMap(([name, { is, hidden, computed }]) => {
    const value = object[name];
    const text = shownValue(value);
    if (hidden === true || computed === true || left.has(name) || text === '' || text === '{}' || is.kind === 'nothing')
      return [];
    return [[labelOf(name), shown(name, is.kind, text)] as const];
  });
  return [
    ...facts,
    ['Created', <Time at={String(object['createdAt'] ?? '')} />],
    ['Changed', <Time at={String(object['updatedAt'] ?? '')} />],
  ];
}

function shown(name: string, kind: string, text: string): Child {
  if (name === 'status' || name === 'mode') return <State of={text} />;
  if (kind === 'timestamp') return <Time at={text} />;
  return PROSE.has(name) ? <Quoted text={text} /> : <Code text={text} />;
}
