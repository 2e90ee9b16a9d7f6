import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')

/** Files that tell a reader where something is. The CHANGELOG tells of what was, the tests of the linter of what must not be. */
const files = execFileSync('git', ['ls-files', '*.md', '*.ts', '*.tsx', '*.js'], { cwd: root, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((file) => !file.startsWith('CHANGELOG') && !file.startsWith('test/unit/house/'))

const PATH =
  /(?<![\w/.@-])(?:src|sdk|web|test|scripts|lint|bench|prisma|docs|examples|schema)\/(?:[\w.-]+\/)*[\w-]+\.(?:tsx?|js|md|sql|yaml|json|graphql|prisma)\b/g

/** What a program writes, and git does not keep. */
const MADE = /^(?:sdk\/dist|src\/store\/generated|prisma\/build)\//

test('docs and comments name only files that are there', () => {
  const missing = files.flatMap((file) => {
    const named = readFileSync(join(root, file), 'utf8').match(PATH) ?? []
    return named
      .filter((path) => !MADE.test(path) && !existsSync(join(root, path)))
      .map((path) => `${file}: ${path}`)
  })
  expect(missing).toEqual([])
})
