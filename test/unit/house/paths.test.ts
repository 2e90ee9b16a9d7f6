import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')

/** Where something tells a reader where something else is. Tests name files of the repositories that they make up. */
const FOLDERS = ['src', 'sdk', 'web/src', 'test/support', 'scripts', 'lint', 'bench', 'docs', 'examples']
const APART = /(?:^|\/)(?:generated|dist|node_modules)\//

const files = ['README.md', 'AGENTS.md', ...FOLDERS.flatMap(listFiles)].filter(
  (file) => /\.(?:md|tsx?|js)$/.test(file) && !APART.test(file),
)

function listFiles(folder: string): string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  return names.map((name) => join(folder, name))
}

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
