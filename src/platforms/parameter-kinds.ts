// Kinds of parameters that recipes of several platforms have: how the help calls the value, what it may be, what it selects.

import type { RecipeParameter } from './recipe.ts';

type Kind = Required<Pick<RecipeParameter, 'value' | 'pattern'>>;

const ONE_SEGMENT: Kind['pattern'] = ['[A-Za-z0-9_.-]+', 'a slug'];
const DIGITS: Kind['pattern'] = ['\\d+', 'a number'];

export const NAME: Kind = { value: 'name', pattern: ONE_SEGMENT };
export const SLUG: Kind = { value: 'slug', pattern: ONE_SEGMENT };
export const UUID: Kind = { value: 'uuid', pattern: ['[0-9a-fA-F-]{36}', 'a UUID'] };
export const BRACED_UUID: Kind = { value: '{uuid}', pattern: ['\\{[0-9a-fA-F-]{36}\\}', 'a UUID in braces'] };
export const NUMBER: Kind = { value: 'number', pattern: DIGITS };
export const NUMERIC_ID: Kind = { value: 'id', pattern: DIGITS };
export const HOST: Kind = { value: 'host', pattern: ['[A-Za-z0-9.-]+(?::\\d+)?', 'a host name'] };

type Ref = Required<Pick<RecipeParameter, 'name' | 'value' | 'description' | 'mayGlob'>>;

export const BRANCH: Ref = { name: 'branch', value: 'branch', description: 'only this branch', mayGlob: true };
export const TAG: Ref = { name: 'tag', value: 'tag', description: 'only this tag', mayGlob: true };
