// The JSON Schema of a configuration (2020-12), for editors: made of the same definitions as the API, and no judge of anything here.

import type { Member, Members } from '../../objects/definition.ts';
import { arrayOf, described, object, oneOfTexts, orNull } from '../../objects/json-schema.ts';
import { describedSchema } from '../../objects/schemas.ts';
import type { JsonObject } from '../../token/json.ts';
import { KINDS } from './kinds.ts';
import type { WrittenKind } from './kinds.ts';
import { isWritten } from './object-faults.ts';
import { CONFIGURATION_NAME } from './read-declaration.ts';
import { RULE_REASONS } from './refusal-reasons.ts';

type Shapes = Readonly<Record<string, JsonObject>>;

const text: JsonObject = { type: 'string', minLength: 1 };
const texts: JsonObject = { anyOf: [{ type: 'string' }, arrayOf({ type: 'string' })] };
const scalar: JsonObject = { type: ['string', 'number', 'boolean'] };
const scalars = arrayOf(scalar);

/** How one claim is matched (contract §5.3). */
const MATCHER: JsonObject = {
  anyOf: [
    scalar,
    scalars,
    ...Object.entries({
      glob: text,
      anyOf: scalars,
      allOf: scalars,
      containsAll: scalars,
      not: { anyOf: [scalar, scalars] },
      exists: { type: 'boolean' },
    }).map(([name, schema]) => closed({ [name]: schema }, [name])),
  ],
};

/** The schema of the whole file. */
export function declarationSchema(): JsonObject {
  const binding = declared('binding', {
    serviceAccount: described(text, 'The name of the service account that holds the role'),
  });
  const identity = declared('identity', { provider: described(text, 'The name of the identity provider') });
  const optional: Shapes = {
    $schema: described(text, 'Where this schema is, for editors'),
    deployment: described(text, 'The ISSUER_URL of the deployment; apply sends the file nowhere else'),
    defaultAudience: described(text, 'The DEFAULT_AUDIENCE of the deployment, for the tests'),
    providers: named('Identity providers by name', declared('provider', {})),
    serviceAccounts: named(
      'Service accounts by name',
      declared('serviceAccount', {}, { identities: named('Federated identities by name', identity) }),
    ),
    roles: named('Roles by name', declared('role', {}, { bindings: named('Who holds the role, by name', binding) })),
    tests: named('What must be allowed, and what must be refused, by name', testSchema()),
  };
  const name = described(
    { type: 'string', pattern: CONFIGURATION_NAME.source },
    'Which configuration this is: apply labels what it makes with it',
  );
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'The configuration that `cambist apply` reads',
    ...closed({ ...optional, name }, ['name']),
  };
}

/** An object of a kind: its own members but the name, which is the key above it, what it must refer to, and what is in it. */
function declared(kind: WrittenKind, references: Shapes, inside: Shapes = {}): JsonObject {
  const members: Members = KINDS[kind].object.members;
  const written = Object.entries<Member>(members).filter(([name, member]) => isWritten(member) && name !== 'name');
  const shapes = written.map(([name, member]): [string, JsonObject] => {
    const schema = name === 'conditions' ? conditionsSchema(member) : describedSchema(member);
    return [name, member.null === undefined ? schema : orNull(schema)];
  });
  const required = written.flatMap(([name, member]) => (member.required === true ? [name] : []));
  return closed({ ...references, ...Object.fromEntries(shapes), ...inside }, [...Object.keys(references), ...required]);
}

function conditionsSchema({ description }: Member): JsonObject {
  return described({ type: 'object', additionalProperties: MATCHER }, description);
}

/** Either allowed or refused; what is refused has neither roles nor scopes. */
function testSchema(): JsonObject {
  const asked: Shapes = {
    claims: described({ type: 'object' }, 'The claims of the token'),
    provider: described(text, 'The provider whose issuer stands for `iss` if the claims have none'),
    serviceAccount: described(text, 'Whom the caller asks to act as'),
    scope: described(texts, 'The scope that the caller asks for'),
    audience: described(texts, 'The audiences that the caller asks for'),
    project: described(text, 'The project that the caller asks for'),
  };
  const given: Shapes = {
    allowed: described(text, 'The service account that the caller must get'),
    roles: described(texts, 'The slugs of the roles that the token must have, and no others'),
    scopes: described(texts, 'The scopes that the token must have, and no others'),
  };
  const refused = described(oneOfTexts(RULE_REASONS), 'The reason for which the caller must be refused');
  return {
    oneOf: [
      closed({ ...asked, ...given }, ['claims', 'allowed']),
      closed({ ...asked, refused }, ['claims', 'refused']),
    ],
  };
}

/** A map of names; one that needs no member may stand there alone. */
function named(description: string, schema: JsonObject): JsonObject {
  const isBare = schema['required'] === undefined && schema['oneOf'] === undefined;
  return { type: 'object', description, additionalProperties: isBare ? orNull(schema) : schema };
}

/** An object with no other members than these. */
function closed(shapes: Shapes, required: readonly string[]): JsonObject {
  const optional = Object.keys(shapes).filter((name) => !required.includes(name));
  return { ...object(shapes, optional), additionalProperties: false };
}
