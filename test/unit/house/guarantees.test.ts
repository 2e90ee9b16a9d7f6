import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const ROW = /^\| (G\d+) \| (.*) \|$/gm
const TEST = /^`([^`]+)`: (.+)$/
const TITLES = /\b(?:test|it|describe)(?:\.each\([^)]*\))?\(\s*(['"`])((?:(?!\1)[\s\S])*?)\1/g

/** Whether the sentence consists of titles of the file: those of suites, then that of a test. */
function isNameOfTest(sentence: string, titles: readonly string[]): boolean {
  return titles.some((title) => {
    if (title === sentence) return true
    return sentence.startsWith(`${title} `) && isNameOfTest(sentence.slice(title.length + 1), titles)
  })
}

const readRows = () => [...readFileSync(join(root, 'docs/lifecycle.md'), 'utf8').matchAll(ROW)]

test('docs/lifecycle.md names the tests of every guarantee by their whole names', () => {
  const rows = readRows()
  expect(rows.map(([, guarantee]) => guarantee)).toEqual(Array.from({ length: 10 }, (_, at) => `G${at + 1}`))
  const unknown = rows
    .flatMap(([, , tests = '']) => tests.split('<br>'))
    .filter((entry) => {
      const [, file = '', sentence = ''] = TEST.exec(entry) ?? []
      const source = readFileSync(join(root, 'test', file), 'utf8')
      return !isNameOfTest(
        sentence,
        [...source.matchAll(TITLES)].map(([, , title = '']) => title.replaceAll('|', ' ')),
      )
    })
  expect(unknown).toEqual([])
})

test('npm test runs the tests of every guarantee', () => {
  const leftOut = readRows()
    .flatMap(([, , tests = '']) => tests.split('<br>'))
    .filter((entry) => {
      const [, file = '', sentence = ''] = TEST.exec(entry) ?? []
      const source = readFileSync(join(root, 'test', file), 'utf8')
      const further = [...source.matchAll(TITLES)].filter(({ 0: { length }, index }) =>
        /^,\s*\{[^}]*'thorough'/.test(source.slice(index + length)),
      )
      return (
        source.includes('@module-tag thorough') ||
        further.some(([, , title = '']) => sentence.endsWith(title))
      )
    })
  expect(leftOut).toEqual([])
})
