// Writes the vectors beside it: `node test/vectors/generate.ts`, then `npm run format`. Keys are new each time, and their private halves are never kept.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ecdsaVectors } from './generate/ecdsa.ts';
import { eddsaVectors } from './generate/eddsa.ts';
import { formVectors } from './generate/form.ts';
import { pkcs1Vectors, pssVectors } from './generate/rsa.ts';

const FILES = {
  'rsa-pkcs1': pkcs1Vectors,
  'rsa-pss': pssVectors,
  ecdsa: ecdsaVectors,
  eddsa: eddsaVectors,
  form: formVectors,
};

for (const [name, make] of Object.entries(FILES))
  writeFileSync(join(import.meta.dirname, `${name}.json`), `${JSON.stringify(make(), null, 2)}\n`);
