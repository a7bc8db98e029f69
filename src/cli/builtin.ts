// Built-in modules of Node.js that are loaded when they are used: an `import` reads each export of one, and some load megabytes more.

import type nodeCrypto from 'node:crypto';
import type nodeHttp from 'node:http';
import type nodeHttps from 'node:https';
import { createRequire } from 'node:module';
import type nodeUtil from 'node:util';

const load = createRequire(import.meta.url);

/** An `import` would load the global `fetch` too: 12 MB. */
export const http = (): typeof nodeHttp => load('node:http') as typeof nodeHttp;
export const https = (): typeof nodeHttps => load('node:https') as typeof nodeHttps;
/** An `import` would load cryptography and threads too: 4 MB. */
export const util = (): typeof nodeUtil => load('node:util') as typeof nodeUtil;
export const crypto = (): typeof nodeCrypto => load('node:crypto') as typeof nodeCrypto;
