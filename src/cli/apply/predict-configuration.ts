// The configuration that decides once a plan is applied: what is declared, and what the deployment has beside it. Pure.

import type {
  WrittenAccount,
  WrittenBinding,
  WrittenConfiguration,
  WrittenIdentity,
  WrittenProvider,
} from '../../exchange/written-configuration.ts';
import { soundMembers } from './object-faults.ts';
import type { WrittenKind } from './kinds.ts';
import { slugOf } from '../../objects/slug.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import type { Declaration } from './read-declaration.ts';
import type { Plan } from './plan-changes.ts';
import type { State, StoredObject } from './read-state.ts';
import { mayShareIssuer } from './shared-issuer.ts';

interface Named {
  readonly kind: WrittenKind;
  readonly name: string;
  readonly parent: string | null;
  readonly refersTo: string | null;
  readonly members: JsonObject;
}

/** The declared configuration on its own. */
export function declaredConfiguration(declaration: Declaration, issuerUrl: string): WrittenConfiguration {
  return worldOf(declaration.objects, declaration, issuerUrl);
}

/** What the deployment will hold after the plan, with everything that the declaration does not know of. */
export function configurationAfter(
  declaration: Declaration,
  state: State,
  plan: Plan,
  issuerUrl: string,
): WrittenConfiguration {
  const deleted = new Set(plan.changes.flatMap(({ action, identity }) => (action === 'delete' ? [identity] : [])));
  const key = ({ kind, parent, name }: Pick<Named, 'kind' | 'parent' | 'name'>): string =>
    JSON.stringify([kind, parent, name]);
  const declared = new Map<string, Named>(declaration.objects.map((object) => [key(object), object]));
  const isReplaced = ({ kind, view }: StoredObject): boolean =>
    kind === 'provider' &&
    declaration.objects.some(
      ({ members }) => members['providerIssuer'] === view['providerIssuer'] && !mayShareIssuer(members, view),
    );
  const accountsGone = new Set(
    state.objects
      .filter(({ kind, identity }) => kind === 'serviceAccount' && deleted.has(identity))
      .map(({ name }) => name),
  );
  const staying = state.objects.filter(
    (object) =>
      !deleted.has(object.identity) &&
      !(object.kind === 'identity' && accountsGone.has(object.parent ?? '')) &&
      !(object.kind === 'binding' && accountsGone.has(object.refersTo ?? '')),
  );
  // The oldest first, as the service decides; what is new is the youngest.
  const existing = staying.flatMap((object): Named[] => {
    const written = declared.get(key(object));
    declared.delete(key(object));
    if (written !== undefined) return [keepingSlug(written, object)];
    return isReplaced(object) ? [] : [{ ...object, members: object.view }];
  });
  return worldOf([...existing, ...declared.values()], declaration, issuerUrl);
}

function worldOf(objects: readonly Named[], declaration: Declaration, issuerUrl: string): WrittenConfiguration {
  const ofKind = (kind: WrittenKind): readonly Named[] => objects.filter((object) => object.kind === kind);
  const written = <T extends object>({ name, members }: Named, more: JsonObject = {}): T =>
    soundMembers<T>({ ...withoutNull(members), ...more, name });
  const roleSlugs = new Map(ofKind('role').map(({ name, members }) => [name, textOf(members['slug']) ?? slugOf(name)]));
  return {
    issuerUrl,
    defaultAudience: declaration.defaultAudience ?? issuerUrl,
    providers: ofKind('provider').map((object) => written<WrittenProvider>(object)),
    serviceAccounts: ofKind('serviceAccount').map((object) => written<WrittenAccount>(object)),
    identities: ofKind('identity').map((object) =>
      written<WrittenIdentity>(object, { serviceAccount: object.parent, provider: object.refersTo }),
    ),
    bindings: ofKind('binding').map(({ parent, refersTo, members }): WrittenBinding => ({
      role: roleSlugs.get(parent ?? '') ?? parent ?? '',
      serviceAccount: refersTo ?? '',
      projects: listOf(members['projects']),
      scopes: listOf(members['scopes']),
    })),
  };
}

/** A slug that is not declared stays as it was made. */
function keepingSlug(written: Named, { view }: StoredObject): Named {
  const slug = textOf(view['slug']);
  return slug === null ? written : { ...written, members: { slug, ...withoutNull(written.members) } };
}

/** Null is absent wherever a file may say it. */
function withoutNull(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

function textOf(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function listOf(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
