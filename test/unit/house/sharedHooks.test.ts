import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const tests = resolve(import.meta.dirname, '../..')

test('no module that test files share registers hooks by being imported: only the first file of a process would get them', () => {
  const shared = readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter(
    (path) =>
      path.endsWith('.ts') &&
      !path.endsWith('.test.ts') &&
      !path.includes('node_modules') &&
      // a set-up file is executed for each test file
      path !== 'support/endChildren.ts',
  )
  expect(shared.length).toBeGreaterThan(50)
  const registering = shared.filter((path) =>
    /^(?:before|after)(?:Each|All)\(/m.test(readFileSync(join(tests, path), 'utf8')),
  )
  expect(registering).toEqual([])
})
