// The JSON Schema of the agent's file (2020-12), for editors and for whoever checks it before it is shipped; it judges nothing here.

import type { JsonObject } from '../../token/json.ts';
import { FILE_MEMBERS, OUTPUT_MEMBERS, OUTPUT_TYPES, TYPE_SENTENCES } from './output-members.ts';
import type { OutputMember } from './output-members.ts';
import { MAX_OUTPUTS } from './limits.ts';

const text: JsonObject = { type: 'string', minLength: 1 };
const KINDS: Readonly<Record<OutputMember['kind'], JsonObject>> = {
  text,
  texts: { anyOf: [text, { type: 'array', items: text, minItems: 1 }] },
  // YAML reads 0640 as the number 640, and 0o640 as 416.
  mode: { anyOf: [{ type: 'string', pattern: '^0?[46][046]0$' }, { type: 'integer' }] },
  command: { anyOf: [text, { type: 'array', items: { type: 'string' }, minItems: 1 }] },
};

/** The schema of the whole file. */
export function agentFileSchema(): JsonObject {
  const members: readonly (readonly [string, OutputMember])[] = Object.entries(OUTPUT_MEMBERS);
  const output = OUTPUT_TYPES.map((type) => ({
    type: 'object',
    description: TYPE_SENTENCES[type],
    properties: Object.fromEntries(
      members
        .filter(([, { types }]) => types.includes(type))
        .map(([name, { kind, description }]) => [
          name,
          { ...(name === 'type' ? { const: type } : KINDS[kind]), description },
        ]),
    ),
    required: members.filter(([, { required }]) => required?.includes(type) === true).map(([name]) => name),
    additionalProperties: false,
  }));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'The file of `cambist agent` and `cambist exec`',
    type: 'object',
    properties: {
      ...Object.fromEntries(
        Object.entries(FILE_MEMBERS).map(([name, description]) => [
          name,
          { ...(name === 'lifetime' ? { anyOf: [text, { type: 'integer', minimum: 1 }] } : text), description },
        ]),
      ),
      outputs: { type: 'array', minItems: 1, maxItems: MAX_OUTPUTS, items: { oneOf: output } },
    },
    required: ['outputs'],
    additionalProperties: false,
  };
}
