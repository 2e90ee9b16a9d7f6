import type { Command } from 'commander'
import { createPawl, unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProgram } from '../../../src/cli/program.ts'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { pawlAt } from './pawl.ts'

let server: TestServer
let cli: ReturnType<typeof pawlAt>
let runId: string

beforeAll(async () => {
  server = await startTestServer()
  const pawl = createPawl({ url: server.url, token: server.adminToken })
  cli = pawlAt(server.url, server.adminToken)
  runId = unwrap(await pawl.runs.start({ workflow: 'task' })).run.id
})
afterAll(() => server.stop())

/** What is said where a list is empty, and the options with which it is, on a server with one run that nobody has claimed. */
const SAID: Readonly<Record<string, { readonly words?: () => string[]; readonly said: string }>> = {
  'approval list': { said: 'nobody is asked anything' },
  'artifact list': { words: () => [runId], said: 'no files' },
  'message list': { words: () => ['--run', runId], said: 'no messages' },
  'run list': { words: () => ['--text', 'no such run'], said: 'no runs' },
  'worker list': { said: 'no worker was heard within a day; pawl worker starts one' },
  'workspace list': { said: 'no workspaces' },
}

/** Lists that something is always in, and what. */
const NEVER_EMPTY: Readonly<Record<string, RegExp>> = {
  'agents list': /^claude +preset/m,
  'token list': /ADMIN/,
  'workflow list': /^delivery +\d/m,
}

function listsBelow(command: Command, words: readonly string[] = []): string[] {
  return command.commands.flatMap((child) => {
    const names = [...words, child.name()]
    return child.commands.length > 0
      ? listsBelow(child, names)
      : child.name() === 'list'
        ? [names.join(' ')]
        : []
  })
}

const lists = listsBelow(await createProgram([]))

describe('a list with nothing in it', () => {
  it('is known here, whichever command prints it', () => {
    expect(lists.toSorted()).toEqual([...Object.keys(SAID), ...Object.keys(NEVER_EMPTY)].toSorted())
  })

  it.each(Object.entries(SAID))('pawl %s says so beside an empty answer', async (name, { words, said }) => {
    const given = [...name.split(' '), ...(words?.() ?? [])]
    const { code, stdout, stderr } = await cli.run(given)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr.split('\n')).toContain(`pawl: ${said}`)
    const json = await cli.json([...given, '--quiet'])
    const { answer } = json
    expect(json).toMatchObject({ code: 0, stderr: '' })
    expect(Array.isArray(answer) ? answer : answer['nodes']).toEqual([])
  })

  it.each(Object.entries(NEVER_EMPTY))('is none that pawl %s prints', async (name, row) => {
    const { code, stdout } = await cli.run(name.split(' '))
    expect(code).toBe(0)
    expect(stdout).toMatch(row)
  })

  it('is said of a run whose agents have said nothing, and of words that were not said', async () => {
    expect(await cli.run(['logs', runId])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('nothing was said yet'),
    })
    expect(await cli.run(['logs', runId, '--search', 'raisins'])).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringContaining('raisins was not said'),
    })
  })
})
