// What documents and programs tell people to install: only what exists today, never a name at the registry that anybody else could take.

import { globSync, readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

/** Nothing is published yet, so these would fetch from the registry whatever somebody put there. */
const FROM_THE_REGISTRY = /\bnp(?:x|m (?:exec|x))(?: -\S+)* @?cambist\b|\bnpm (?:i|install|add)(?: -\S+)* @?cambist\b/;

it('shows no command that asks the registry for one of our packages', () => {
  const folders = '{src,packages,docs,examples,scripts,bench,test,action,templates,deploy,go,terraform}/**/';
  const files = globSync(['*.md', '.github/**/*.{md,yml}', `${folders}*.{md,ts,tsx,yml,yaml,snap,tf,sh}`], {
    exclude: (path) => /(?:^|\/)(?:node_modules|dist)$|^test\/scripts$/.test(path),
  });
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((file) => FROM_THE_REGISTRY.test(readFileSync(file, 'utf8')))).toEqual([]);
});

it.each([
  ['npx cambist plan', true],
  ['npx -y @cambist/sdk', true],
  ['npm install --global cambist', true],
  ['npm i @cambist/sdk', true],
  ['npm install --global ./cambist-0.1.0.tgz', false],
  ['npm run --silent cambist -- plan', false],
])('%s: %s', (text, asks) => {
  expect(FROM_THE_REGISTRY.test(text)).toBe(asks);
});
