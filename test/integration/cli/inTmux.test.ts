import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createPawl, unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { quoteWord } from '../../../src/text/quoteCommand.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { makeFolder, PAWL, pawlAt } from './pawl.ts'
import { hasTmux } from './tmuxShell.ts'

const TITLE = 'Let the retries of the mail queue end, and count those that were given up for each receiver'

let server: TestServer
let env: Record<string, string>
let runId: string
beforeAll(async () => {
  server = await startTestServer()
  env = pawlAt(server.url, server.adminToken).env
  const pawl = createPawl({ url: server.url, token: server.adminToken })
  const phases = [
    {
      key: 'write-down-what-is-to-be-done',
      next: ['done'],
      approval: { gate: 'plan', question: `${TITLE}?` },
    },
    { key: 'done', final: true },
  ]
  unwrap(
    await pawl.workflows.register({
      name: 'a-long-name-of-a-workflow',
      version: 1,
      initialPhase: 'write-down-what-is-to-be-done',
      phases,
    }),
  )
  const claim = { owner: 'the-builder-in-the-cellar-of-the-house', leaseSeconds: 600 }
  const start = { workflow: 'a-long-name-of-a-workflow', title: TITLE, labels: ['mail', 'retries'], claim }
  runId = unwrap(await pawl.runs.start(start)).run.id
  const fence = 1
  unwrap(await pawl.phases.start(runId, 'write-down-what-is-to-be-done', { fence }))
  unwrap(
    await pawl.approvals.request(runId, {
      gate: 'plan',
      question: `${TITLE}?`,
      phase: 'write-down-what-is-to-be-done',
      fence,
    }),
  )
})
afterAll(() => server.stop())

/** What stands on a terminal of this width once `pawl` has ended there; a line that was wrapped is one. */
async function show(words: readonly string[], columns: number): Promise<string[]> {
  const socket = join(makeFolder(), 'tmux')
  const tmux = async (...given: string[]) =>
    (await promisify(execFile)('tmux', ['-S', socket, '-f', '/dev/null', ...given])).stdout
  const ended = `ended-${randomUUID()}`
  const script = join(makeFolder(), 'show.sh')
  const command = [process.execPath, PAWL, ...words].map(quoteWord).join(' ')
  const given = Object.entries({ ...env, XDG_CONFIG_HOME: makeFolder() }).map(
    ([name, value]) => `export ${name}=${quoteWord(value)}`,
  )
  writeFileSync(
    script,
    [...given, command, `tmux -S ${quoteWord(socket)} wait-for -S ${ended}`, 'exec cat', ''].join('\n'),
  )
  onTestFinished(() => void tmux('kill-server').catch(() => undefined))
  await tmux('new-session', '-d', '-x', String(columns), '-y', '60', `sh ${quoteWord(script)}`)
  await tmux('wait-for', ended)
  const shown = await tmux('capture-pane', '-p', '-J', '-S', '-200')
  return shown.split('\n').map((line) => line.trimEnd())
}

describe.runIf(hasTmux).each([80, 120])('on a terminal of %i columns', (columns) => {
  // sentences are wrapped by the terminal; tables, drawings and the list of commands fit
  it.each([
    ['run list', ['run', 'list']],
    ['approval list', ['approval', 'list']],
    ['workflow list', ['workflow', 'list']],
    ['workflow graph', ['workflow', 'graph', 'a-long-name-of-a-workflow']],
    ['token list', ['token', 'list']],
    ['doctor', ['doctor']],
    ['--help', ['--help']],
  ])('%s fits', async (_, words) => {
    const lines = await show(words, columns)
    expect(lines.filter((line) => line.length > columns)).toEqual([])
    expect(lines.join('').trim()).not.toBe('')
  })

  it('shows whose run it is, and what it is about', async () => {
    const listed = (await show(['run', 'list'], columns)).join('\n')
    expect(listed).toContain(TITLE.slice(0, 25))
    expect(listed).toContain(runId.slice(-7))
  })
})
