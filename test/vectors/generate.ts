// Writes the vectors beside it: `node test/vectors/generate.ts [name …]`, then `npm run format`. Keys are new each time, and their private halves are never kept.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { accessTokenVectors } from './generate/access-token.ts';
import { ecdsaVectors } from './generate/ecdsa.ts';
import { eddsaVectors } from './generate/eddsa.ts';
import { formVectors } from './generate/form.ts';
import { pkcs1Vectors, pssVectors } from './generate/rsa.ts';

const FILES = {
  'access-token': accessTokenVectors,
  'rsa-pkcs1': pkcs1Vectors,
  'rsa-pss': pssVectors,
  ecdsa: ecdsaVectors,
  eddsa: eddsaVectors,
  form: formVectors,
};

/** All, or those that are named. */
const wanted = process.argv.slice(2);
for (const [name, make] of Object.entries(FILES).filter(([file]) => wanted.length === 0 || wanted.includes(file)))
  writeFileSync(join(import.meta.dirname, `${name}.json`), `${JSON.stringify(make(), null, 2)}\n`);
