import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'
import { findChromium } from './test/support/chromium.ts'

const isOnPath = (command: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)))

/** Tests that want a program besides Node.js; they are left out, and told of, where it is not there. */
const WANTING = [
  {
    isThere: findChromium() !== null,
    warning: 'No chromium (CHROMIUM_PATH): tests that look at pages are left out',
    tests: ['test/browser/**', 'test/conformance/graphiql.test.ts'],
  },
  {
    isThere: isOnPath('git'),
    warning: 'No git: tests of workspaces are left out',
    tests: [
      'test/integration/workspaces/**',
      'test/integration/worker/delivery.test.ts',
      'test/browser/worker.test.ts',
    ],
  },
].filter(({ isThere }) => !isThere)
for (const { warning } of WANTING) console.warn(warning)
const LEFT_OUT = [...configDefaults.exclude, ...WANTING.flatMap(({ tests }) => tests)]

/** What takes long, and proves what no shorter test does: the model and its oracle, kills, random input. */
const SLOW = [
  'test/model/**/*.test.ts',
  'test/chaos/**/*.test.ts',
  'test/integration/fuzz/**/*.test.ts',
  'test/integration/workspaces/killedOpening.test.ts',
]
const BROWSER = ['test/browser/**/*.test.ts', 'test/conformance/graphiql.test.ts']

/** A project of tests that share what `globalSetup` prepares: a PostgreSQL, and programs to start. */
const onDatabase = (name: string, include: string[], exclude: string[] = [], testTimeout = 60_000) => ({
  extends: true as const,
  test: {
    name,
    testTimeout,
    include,
    exclude: [...LEFT_OUT, ...exclude],
    globalSetup: ['test/support/globalSetup.ts'],
    isolate: false,
  },
})

export default defineConfig({
  resolve: {
    conditions: ['pawl-source'],
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  ssr: { resolve: { conditions: ['pawl-source'] } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // tests wait a good part of their time, for leases and for other processes
    maxWorkers: 3,
    retry: 0,
    setupFiles: ['test/support/seed.ts', 'test/support/endChildren.ts'],
    tags: [
      {
        name: 'thorough',
        description: 'Repeats a proof under further conditions, or takes long: npm run test:thorough',
      },
    ],
    // files share their process
    unstubEnvs: true,
    unstubGlobals: true,
    // a busy machine takes its time
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], exclude: LEFT_OUT, isolate: false },
      },
      onDatabase(
        'integration',
        ['test/integration/**/*.test.ts', 'test/conformance/**/*.test.ts'],
        [...SLOW, ...BROWSER],
      ),
      // pages are drawn in software, by browsers that share the cores
      onDatabase('browser', BROWSER, [], 240_000),
      onDatabase('slow', SLOW),
    ],
  },
})
