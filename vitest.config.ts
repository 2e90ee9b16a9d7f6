import { existsSync } from 'node:fs'
import { configDefaults, defineConfig } from 'vitest/config'

/** What looks at pages wants a browser; it is left out, and told of, where there is none. */
const BROWSER_TESTS = ['test/browser/**', 'test/conformance/graphiql.test.ts']
const hasBrowser = existsSync(process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium')
if (!hasBrowser) console.warn('No chromium (CHROMIUM_PATH): tests that look at pages are left out')

export default defineConfig({
  resolve: {
    conditions: ['source'],
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(hasBrowser ? [] : BROWSER_TESTS)],
    globalSetup: ['test/support/globalSetup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    retry: 0,
    // a busy machine takes its time
    expect: { poll: { timeout: 20_000 } },
  },
})
