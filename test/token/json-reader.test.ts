// Names as they are written, whatever the engine has read before.

import { expect, it } from 'vitest';

import { readJson } from '../../src/token/json-reader.ts';

it('reads an escaped name as it is written, after one that V8 takes it for (nodejs/node#63785)', () => {
  const written = { b: 1, 'x"': [{ 'a\n': '"' }] };
  for (const text of ['{"b":1,"x\\\\":2}', '{"a\\\\":1}', '{"b":1,"x":2}'])
    expect(readJson(text)).toEqual(JSON.parse(text));
  expect(readJson(JSON.stringify(written))).toStrictEqual(written);
});

it.each(['{"b":1', '{"x\\":1}', '{"b":1,"x\\"":2}}', '{"b":"\\x"}', ''])(
  'throws for %j, as JSON.parse does',
  (text) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    expect(() => readJson(text)).toThrow(SyntaxError);
  },
);
