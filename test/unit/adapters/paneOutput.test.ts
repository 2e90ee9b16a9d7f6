import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { DISCARDED_OUTPUT } from '../../../src/adapters/kit/adapter.ts'
import { PaneOutput } from '../../../src/adapters/tmux/paneOutput.ts'

it('reads a pane from file to file, and nothing more once somebody removed its folder', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'pawl-pane-'))
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }))
  const written: string[] = []
  const sink = { ...DISCARDED_OUTPUT, write: (bytes: Buffer) => void written.push(String(bytes)) }
  const output = new PaneOutput(stateDir, sink)
  appendFileSync(join(output.folder, '0'), 'one ')
  appendFileSync(join(output.folder, '4'), 'two')
  expect(output.read(() => true)).toBe(true)
  expect(output.end).toBe(7)
  rmSync(stateDir, { recursive: true })
  expect(output.read(() => true)).toBe(false)
  expect(output.end).toBe(7)
  expect(written.join('')).toBe('one two')
})
