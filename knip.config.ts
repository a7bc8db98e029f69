// What counts as used: `knip` looks at everything, `knip --production` at what is shipped and at the scripts, so that a test alone keeps nothing alive.

import type { KnipConfig } from 'knip';

const config: KnipConfig = {
  // A type that an exported function names may be exported with it.
  ignoreExportsUsedInFile: { interface: true, type: true },
  workspaces: {
    '.': {
      entry: [
        'src/sdk/client/index.ts!',
        'src/sdk/verify/verify.ts!',
        'src/sdk/hono/hono.ts!',
        'examples/api/server.ts!',
        'scripts/*.ts!',
        'src/action/{main,post}.ts!',
        // Started as programs of their own, by name.
        'bench/contenders/*.ts',
        'test/soak/{agent,soak,worker}.ts',
        'scripts/age/worker.ts!',
        'test/support/serve-bundle.ts',
        'test/vectors/generate.ts',
        'test/objects/follow-the-guide.ts',
      ],
      // An example with packages of its own is compiled by `npm run check:mcp`.
      project: [
        '{src,scripts,examples}/**/*.{ts,tsx}!',
        '!examples/mcp/**',
        '{bench,test}/**/*.ts',
        '!test/fixtures/**',
      ],
      ignoreDependencies: [
        // The command line's, named in packages/cli; test/packages compares them with what is imported.
        'commander',
        'yaml',
        // wrangler brings them, in the versions that it works with itself.
        'esbuild',
        'miniflare',
        // Run by its path, on the packed packages.
        'publint',
        // Read as text, and given to a browser.
        'axe-core',
      ],
      // The pipeline has buildkite-agent, and a machine may have mkfifo, openssl and unshare; the others are development dependencies that scripts run.
      ignoreBinaries: ['buildkite-agent', 'mkfifo', 'openssl', 'tsc', 'unshare', 'vitest', 'wrangler'],
    },
    // Their code is in src/, so only what they packed, if they have, would use what they name; test/packages compares them.
    'packages/sdk': { entry: [], project: [], ignoreDependencies: ['.+'] },
    'packages/cli': { entry: [], project: [], ignoreDependencies: ['.+'] },
  },
};

export default config;
