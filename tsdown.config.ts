import { defineConfig, type Rolldown, type UserConfig } from 'tsdown'
import { listBundled } from './scripts/listBundled.ts'

/** How programs for Node are built, of the published command and of those that tests start. */
export const NODE_PROGRAM = {
  format: 'esm',
  platform: 'node',
  target: 'node20',
  fixedExtension: false,
  dts: false,
  inputOptions: { resolve: { conditionNames: ['pawl-source', 'node', 'default'] } },
} satisfies UserConfig

/**
 * Puts every comment of a declaration on lines of its own. The bundler leaves it on the line of the member before, where
 * editors take it for a remark on that one and show nothing.
 */
const documentMembers: Rolldown.Plugin = {
  name: 'document-members',
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk' || !/\.d\.[cm]?ts$/.test(chunk.fileName)) continue
      chunk.code = chunk.code.replaceAll(/(?<=[^\s*/]) ?(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\s*/g, '\n$1\n')
    }
  },
}

/** The validator starts its thread, and the scripted agent its process, from a file beside the program. */
export const STARTED_BESIDE = {
  worker: 'src/validation/worker.js',
  scriptedAgent: 'src/adapters/scripted/scriptedAgent.js',
}

/** The agents of the demonstration, which the published command runs without a compiler. */
const DEMO_AGENTS = {
  'examples/review-agent/agent': 'examples/review-agent/agent.ts',
  'examples/delivery-agent/agent': 'examples/delivery-agent/agent.ts',
}

/**
 * What is published: the SDK for Node and browsers, as ESM and CJS, and the server's one command. `tsdown --filter sdk` and
 * `tsdown --filter cli` build one of them.
 */
export default defineConfig([
  {
    name: 'sdk',
    cwd: 'sdk',
    entry: {
      index: 'index.ts',
      react: 'react/index.ts',
      apollo: 'apollo/index.ts',
      urql: 'urql/index.ts',
      schema: 'schema/index.ts',
    },
    format: ['esm', 'cjs'],
    platform: 'neutral',
    target: 'es2022',
    tsconfig: '../tsconfig.json',
    dts: true,
    plugins: [documentMembers],
    fixedExtension: true,
    sourcemap: true,
    // Whoever installs the SDK installs nothing else. The hooks use the SDK that the program uses, and its React.
    deps: {
      onlyBundle: [],
      neverBundle: ['@pawl/sdk', 'react', '@apollo/client', '@urql/exchange-graphcache', 'graphql'],
    },
  },
  {
    ...NODE_PROGRAM,
    name: 'cli',
    // `npm run build:docs` makes the documentation by itself
    clean: ['dist/*', '!dist/docs'],
    entry: { pawl: 'src/cli/main.ts', ...STARTED_BESIDE, ...DEMO_AGENTS },
    sourcemap: true,
    // Everything that package.json doesn't list as a dependency of those who install it is in the bundle.
    deps: { onlyBundle: false },
    plugins: [listBundled()],
    copy: ({ outDir }) => ({ from: 'examples/review-agent/sample', to: `${outDir}/examples/review-agent` }),
  },
])
