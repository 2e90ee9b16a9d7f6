import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigError } from '../../../src/configFile.ts'
import { loadConfig } from '../../../src/worker/config/loadConfig.ts'

let cwd: string
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'pawl-config-'))
})
afterAll(() => rm(cwd, { recursive: true }))

/** Loads settings from a file of this text. */
async function load(text: string, flags: Record<string, unknown> = {}) {
  const file = join(cwd, 'worker.yaml')
  await writeFile(file, text)
  return loadConfig({ file, flags, cwd })
}

/** What is wrong with them, without the folder. */
async function mistakesOf(text: string, flags: Record<string, unknown> = {}): Promise<string[]> {
  const error: unknown = await load(text, flags).catch((thrown: unknown) => thrown)
  if (!(error instanceof ConfigError)) throw new Error('no mistakes')
  return error.mistakes.map(({ where, message }) => `${where.replace(`${cwd}/`, '')}: ${message}`)
}

describe("a worker's settings", () => {
  test('have defaults', async () => {
    expect(await loadConfig({ cwd })).toMatchObject({
      labels: [],
      concurrency: 1,
      leaseSeconds: 30,
      drainSeconds: 30,
      state: join(cwd, '.pawl/sessions'),
      agents: {},
    })
  })

  test('find a program that stands beside them, and leave any other to the directory of the run', async () => {
    await writeFile(join(cwd, 'my-agent'), '#!/bin/sh\n', { mode: 0o755 })
    const { agents } = await load(`agents:
  own: { adapter: process, command: [./my-agent, ./task], prompt: stdin }
  committed: { adapter: process, command: [./tools/agent], prompt: stdin }
  installed: { adapter: process, command: [my-agent], prompt: stdin }`)
    expect(Object.values(agents).map(({ command }) => command)).toEqual([
      [join(cwd, 'my-agent'), './task'],
      ['./tools/agent'],
      ['my-agent'],
    ])
  })

  test('are taken exactly, or refused with their place', async () => {
    const agent = '{ adapter: process, command: [a], prompt: stdin }'
    const { agents } = await load(`agents: { constructor: ${agent} }`)
    expect(Object.keys(agents)).toEqual(['constructor'])
    expect(await mistakesOf(`agents: { a: ${agent},\n  __proto__: ${agent} }`)).toEqual([
      'worker.yaml:2:14: agents.__proto__ is a key that can not be kept',
    ])
    expect(await mistakesOf('concurrency: .inf')).toEqual([
      expect.stringMatching(/^worker.yaml:1:14: concurrency is a number that JSON does not have/),
    ])
    expect(await mistakesOf('leaseSeconds: 12345678901234567890')).toEqual([
      expect.stringMatching(/^worker.yaml:1:15: leaseSeconds is a number beyond/),
    ])
  })

  test('are read from a file, its paths relative to it', async () => {
    const config = await load(`
workflows: [delivery]
workspace: { repository: repo, base: main, allow: [a] }
agents:
  planner: { adapter: process, command: [plan], prompt: stdin }
  default: { preset: claude, idleSeconds: 60 }
`)
    expect(config.workflows).toEqual(['delivery'])
    expect(config.workspace).toMatchObject({ repository: join(cwd, 'repo'), allow: [join(cwd, 'a')] })
    expect(config.agents['planner']).toMatchObject({ command: ['plan'], idleSeconds: 600 })
    expect(config.agents['default']).toMatchObject({ adapter: 'process', prompt: 'stdin', idleSeconds: 60 })
    expect(config.agents['default']?.command[0]).toBe('claude')
  })

  test('override variables of a preset, and of a terminal what it shows, each by itself', async () => {
    const { agents } = await load(`
agents:
  builder: { preset: opencode-acp, env: { EDITOR: none } }
  default: { preset: claude-terminal, terminal: { readySeconds: 5 } }
`)
    expect(Object.keys(agents['builder']?.env ?? {})).toEqual(['OPENCODE_CONFIG_CONTENT', 'EDITOR'])
    expect(agents['default']?.terminal).toMatchObject({ ready: 'accept edits on', readySeconds: 5 })
  })

  test('are beaten by flags', async () => {
    const config = await load('{ "concurrency": 2, "owner": "file" }', { concurrency: 5, owner: undefined })
    expect([config.concurrency, config.owner]).toEqual([5, 'file'])
  })

  test('tell all mistakes at once, each with where it stands', async () => {
    const mistakes = await mistakesOf(
      `concurrency: 0
colour: blue
workspace:
  base: main
agents:
  planner:
    preset: nobody
  builder:
    adapter: process
    prompt: telepathy
`,
      { leaseSeconds: 1 },
    )
    expect(mistakes).toEqual([
      expect.stringMatching(
        /^worker\.yaml:7:13: agents\.planner\.preset: there is no preset "nobody" \(known: claude, /,
      ),
      expect.stringMatching(/^worker\.yaml:1:14: concurrency: /),
      expect.stringMatching(/^--lease: leaseSeconds: /),
      expect.stringMatching(/^worker\.yaml:4:3: workspace: base needs a repository/),
      expect.stringMatching(/^worker\.yaml:9:5: agents\.builder\.command: /),
      expect.stringMatching(/^worker\.yaml:10:13: agents\.builder\.prompt: /),
      'worker.yaml:2:9: there is no setting colour',
    ])
  })

  test('that are no YAML, no settings or not there are told', async () => {
    expect(await mistakesOf('a: [1')).toEqual([expect.stringMatching(/^worker\.yaml:1:6: /)])
    expect(await mistakesOf('- a')).toEqual(['worker.yaml:1:1: expected settings by name'])
    await expect(loadConfig({ file: 'missing.yaml', cwd })).rejects.toThrow(
      'missing.yaml: there is no such file',
    )
  })

  test('stand in one file', async () => {
    await writeFile(join(cwd, 'pawl.worker.yaml'), 'concurrency: 3')
    expect((await loadConfig({ cwd })).concurrency).toBe(3)
    await writeFile(join(cwd, 'pawl.worker.json'), '{}')
    await expect(loadConfig({ cwd })).rejects.toThrow('keep one of them')
  })
})
