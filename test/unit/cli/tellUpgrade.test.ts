import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Invocation } from '../../../src/cli/kit/invocation.ts'
import { readChanges, tellUpgrade } from '../../../src/cli/kit/tellUpgrade.ts'
import { version } from '../../../src/cli/kit/version.ts'

const CHANGELOG = `# Changelog

## Unreleased

- Not yet.

## 2.1.0

- New in 2.1.

## 2.0.0

### Lists

- New in 2.0.

## 1.4.0

- Old.
`

it('tells the changes of every version that was skipped, and of no other', () => {
  const both = ['## 2.1.0', '- New in 2.1.', '## 2.0.0', '### Lists', '- New in 2.0.']
  expect(readChanges(CHANGELOG, '1.4.0', '2.1.0')).toEqual(both)
  expect(readChanges(CHANGELOG, '2.0.0', '2.1.0')).toEqual(both.slice(0, 2))
})

it('tells nothing of a version that is not newer, or unknown', () => {
  for (const [after, upTo] of [
    ['2.1.0', '2.1.0'],
    ['2.1.0', '1.4.0'],
    ['0.9.0', '2.1.0'],
    ['1.4.0', '3.0.0'],
  ] as const)
    expect(readChanges(CHANGELOG, after, upTo)).toEqual([])
})

it('notes which version used a data directory last', () => {
  const data = mkdtempSync(join(tmpdir(), 'pawl-upgrade-'))
  onTestFinished(() => rmSync(data, { recursive: true }))
  const said: string[] = []
  const invocation = {
    note: (line: string) => said.push(line),
    err: { line: (line: string) => said.push(line) },
  }
  tellUpgrade(invocation as unknown as Invocation, data)
  expect(readFileSync(join(data, 'version'), 'utf8')).toBe(`${version}\n`)
  writeFileSync(join(data, 'version'), '0.0.1\n')
  tellUpgrade(invocation as unknown as Invocation, data)
  expect(readFileSync(join(data, 'version'), 'utf8')).toBe(`${version}\n`)
  expect(said).toEqual([])
})
