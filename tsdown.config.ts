import { defineConfig } from 'tsdown'

/**
 * What is published: the SDK for Node and browsers, as ESM and CJS, and the server's one command. `tsdown --filter sdk` and
 * `tsdown --filter cli` build one of them.
 */
export default defineConfig([
  {
    name: 'sdk',
    cwd: 'sdk',
    entry: { index: 'index.ts', react: 'react/index.ts' },
    format: ['esm', 'cjs'],
    platform: 'neutral',
    target: 'es2022',
    tsconfig: '../tsconfig.json',
    dts: true,
    fixedExtension: true,
    sourcemap: true,
    // Whoever installs the SDK installs nothing else. The hooks use the SDK that the program uses, and its React.
    deps: { onlyBundle: [], neverBundle: ['@pawl/sdk', 'react'] },
  },
  {
    name: 'cli',
    // the validator starts its thread, and the scripted agent its process, from a file of its own
    entry: {
      pawl: 'src/cli/main.ts',
      worker: 'src/validation/worker.js',
      scriptedAgent: 'src/adapters/scripted/scriptedAgent.js',
    },
    format: 'esm',
    platform: 'node',
    target: 'node20',
    fixedExtension: false,
    sourcemap: true,
    dts: false,
    // The command must run from a checkout whose SDK was never built.
    deps: { alwaysBundle: ['@pawl/sdk'] },
    inputOptions: { resolve: { conditionNames: ['source', 'import', 'node', 'default'] } },
  },
])
