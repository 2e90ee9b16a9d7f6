import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'

const isOnPath = (command: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)))

/** Tests that want a program besides Node.js; they are left out, and told of, where it is not there. */
const WANTING = [
  {
    isThere: existsSync(process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'),
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

export default defineConfig({
  resolve: {
    conditions: ['source'],
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...WANTING.flatMap(({ tests }) => tests)],
    globalSetup: ['test/support/globalSetup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    retry: 0,
    // a busy machine takes its time
    expect: { poll: { timeout: 20_000 } },
  },
})
