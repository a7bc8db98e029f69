// Renders an OpenAPI document as a page for people; reads no file and knows no path.

/** JSON of a shape that other tests check: members are read one by one, and what is not there is empty. */
type Json = Readonly<Record<string, unknown>>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** The whole of docs/api.md. */
export function renderReference(document: Json): string {
  const tags = list(document['tags']);
  const sections = tags.map((tag) => section(document, tag)).filter((text) => text !== '');
  const contents = tags.map(
    (tag) => `- [${capital(textOf(tag['name']))}](#${textOf(tag['name']).replaceAll(' ', '-')})`,
  );
  const info = object(document['info']);
  return [
    '# The API',
    `Generated from [openapi.json](openapi.json), which \`/openapi.json\` of every deployment serves with its own address. ${textOf(info['description'])}`,
    'The IAM API under `/v1` takes `Authorization: Bearer …` with the root token or an access token of the deployment; the scope that an operation needs stands beside it. Its errors are [problems](#problems).',
    contents.join('\n'),
    ...sections,
    problems(document),
  ]
    .join('\n\n')
    .concat('\n');
}

function section(document: Json, tag: Json): string {
  const name = textOf(tag['name']);
  const operations = Object.entries(object(document['paths'])).flatMap(([path, item]) =>
    METHODS.filter((method) => strings(object(object(item)[method])['tags']).includes(name)).map((method) =>
      operation(document, path, method, object(object(item)[method])),
    ),
  );
  if (operations.length === 0) return '';
  return [`## ${capital(name)}`, textOf(tag['description']), ...operations, schemaOf(document, name)]
    .filter((text) => text !== '')
    .join('\n\n');
}

function operation(document: Json, path: string, method: string, of: Json): string {
  const parameters = list(of['parameters']).map((parameter) => resolve(document, parameter));
  const body = object(of['requestBody']);
  const media = Object.entries(object(body['content']));
  const [, json] = media.find(([type]) => type === 'application/json') ?? [];
  // What both take and answer stands with PATCH.
  if (method === 'put') return `### \`PUT ${path}\`\n\nThe same as \`PATCH\`.`;
  return [
    `### \`${method.toUpperCase()} ${path}\``,
    [`${textOf(of['summary'])}.`, textOf(of['description'])].filter((text) => text !== '').join(' '),
    credentials(list(of['security'])),
    parameterTable(parameters),
    ...(json === undefined
      ? []
      : [
          `Body${media.length > 1 ? ' (a form or JSON)' : ''}:`,
          members(document, object(object(json)['schema'])),
          example(object(json)),
        ]),
    responses(document, object(of['responses'])),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
}

function credentials(security: readonly Json[]): string {
  const ways = security.flatMap((way) =>
    Object.entries(way).map(([scheme, scopes]) => {
      const needed = strings(scopes);
      if (scheme === 'client') return 'an access credential by HTTP Basic';
      return needed.length === 0 ? 'any accepted bearer token' : needed.map((scope) => `\`${scope}\``).join(', ');
    }),
  );
  if (ways.length === 0) return '';
  return security.some((way) => Object.keys(way).length === 0)
    ? `Optional: ${ways.join(' or ')}.`
    : `Needs ${ways.join(' or ')}.`;
}

function parameterTable(parameters: readonly Json[]): string {
  const shown = parameters.filter((parameter) => parameter['name'] !== 'X-Organisation-Identity');
  if (shown.length === 0) return '';
  const rows = shown.map((parameter) =>
    row([
      `\`${textOf(parameter['name'])}\``,
      textOf(parameter['in']),
      typeOf(object(parameter['schema'])),
      textOf(parameter['description']),
    ]),
  );
  return table(['parameter', 'in', 'type', 'meaning'], rows);
}

function members(document: Json, schema: Json): string {
  const resolved = resolve(document, schema);
  const required = strings(resolved['required']);
  const rows = Object.entries(object(resolved['properties'])).map(([name, member]) =>
    row([
      `\`${name}\`${required.includes(name) ? ' *' : ''}`,
      typeOf(object(member)),
      textOf(object(member)['description']),
    ]),
  );
  return rows.length === 0 ? '' : table(['member (* required)', 'type', 'meaning'], rows);
}

function responses(document: Json, all: Json): string {
  const entries = Object.entries(all);
  const success = entries.filter(([status]) => Number(status) < 400);
  const failures = entries.filter(([status]) => Number(status) >= 400).map(([status]) => status);
  const parts = success.map(([status, response]) => {
    const of = resolve(document, object(response));
    const json = object(object(of['content'])['application/json']);
    const reference = textOf(object(json['schema'])['$ref']) || textOf(object(object(json['schema'])['items'])['$ref']);
    const named =
      reference === ''
        ? ''
        : ` (${object(json['schema'])['items'] === undefined ? '' : 'a list of '}${reference.split('/').at(-1) ?? ''})`;
    return [`**${status}** ${textOf(of['description']).replace(/\.$/, '')}${named}.`, example(json)]
      .filter((text) => text !== '')
      .join('\n\n');
  });
  return [...parts, ...(failures.length === 0 ? [] : [`Errors: ${failures.join(', ')}.`])].join('\n\n');
}

function schemaOf(document: Json, tag: string): string {
  const name = tag.replaceAll(/(?:^|\s)(\w)/g, (_match, first: string) => first.toUpperCase());
  const schema = object(object(object(document['components'])['schemas'])[name]);
  return Object.keys(schema).length === 0 ? '' : `### The object ${name}\n\n${members(document, schema)}`;
}

function problems(document: Json): string {
  const components = object(document['components']);
  const rows = Object.values(object(components['responses'])).map((response) => {
    const of = object(response);
    const sample = object(object(object(of['content'])['application/problem+json'])['example']);
    return row([String(sample['status']), `\`${textOf(sample['type'])}\``, textOf(of['description'])]);
  });
  return [
    '## Problems',
    'Errors of the IAM API (RFC 9457). `message` repeats `detail`; validation errors have one entry in `errors` for each fault.',
    members(document, object(object(components['schemas'])['Problem'])),
    table(['status', 'for example', 'when'], rows),
  ].join('\n\n');
}

function example(media: Json): string {
  const { example: shown } = media;
  return shown === undefined ? '' : ['```json', JSON.stringify(shown, null, 2), '```'].join('\n');
}

function typeOf(schema: Json): string {
  const { type, anyOf, oneOf, $ref, items } = schema;
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => `\`${String(value)}\``).join(', ');
  if (typeof $ref === 'string') return $ref.split('/').at(-1) ?? '';
  const either = list(anyOf ?? oneOf);
  if (either.length > 0) return [...new Set(either.map(typeOf))].join(' or ');
  if (type === 'array') return `list of ${typeOf(object(items)) || 'values'}`;
  if (typeof schema['format'] === 'string') return schema['format'];
  return Array.isArray(type) ? type.join(' or ') : textOf(type);
}

function resolve(document: Json, value: Json): Json {
  const { $ref } = value;
  if (typeof $ref !== 'string') return value;
  return $ref
    .slice(2)
    .split('/')
    .reduce<Json>((at, name) => object(at[name]), document);
}

function table(head: readonly string[], rows: readonly string[]): string {
  return [row(head), row(head.map(() => '---')), ...rows].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
