import { createPawl, unwrap } from '@pawl/sdk'
import type { Pawl, TranscriptEntryInput } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { pawlAt } from './pawl.ts'

let server: TestServer
let pawl: Pawl
let cli: ReturnType<typeof pawlAt>
const patience = { timeout: 60_000 }

const TASK = { name: 'talk', version: 1, initialPhase: 'work', phases: [{ key: 'work', final: true }] }

beforeAll(async () => {
  server = await startTestServer()
  pawl = createPawl({ url: server.url, token: server.adminToken })
  cli = pawlAt(server.url, server.adminToken)
  unwrap(await pawl.workflows.register(TASK))
})
afterAll(() => server.stop())

/** A run that is held, and a way for an agent of it to say something. */
async function begin() {
  const claim = { owner: 'cli-test', leaseSeconds: 600 }
  const { run, lease } = unwrap(await pawl.runs.start({ workflow: 'talk', claim }))
  const fence = lease?.fence ?? 0
  const openSession = async (role: string) => {
    const { session } = unwrap(await pawl.sessions.open(run.id, { role, adapter: 'test', fence }))
    let fromSeq = 1
    const say = async (...entries: TranscriptEntryInput[]) => {
      fromSeq = unwrap(await pawl.sessions.append(session.id, { fence, fromSeq, entries })).nextSeq
    }
    return { id: session.id, say }
  }
  return { id: run.id, fence, openSession }
}

const SAID: TranscriptEntryInput[] = [
  { prompt: { text: 'Look at it.' } },
  { message: { text: 'I look at it.\nThen I run the tests.' } },
  { toolCall: { key: 'a', title: 'npm test', toolStatus: 'IN_PROGRESS', toolKind: 'EXECUTE' } },
  { output: { text: 'half a li' } },
  { output: { text: 'ne\u202e\n' } },
  { toolCall: { updates: 'a', toolStatus: 'COMPLETED', output: '3 passed' } },
  { diff: { path: 'a.ts', hunks: '@@ -1,1 +1,1 @@\n-a\n+b\n' } },
  { error: { code: 'OVERLOADED', message: 'try again' } },
]

describe('pawl logs', () => {
  it(
    'prints what each agent said, a call with how it ended, and output in whole lines',
    patience,
    async () => {
      const run = await begin()
      const writer = await run.openSession('writer')
      await writer.say(...SAID)
      const reviewer = await run.openSession('reviewer')
      await reviewer.say({ message: { text: 'Looks good.' } })
      const { code, stdout } = await cli.run(['logs', run.id])
      expect(code).toBe(0)
      expect(stdout.replace(/^\d\d:\d\d:\d\d/gm, '00:00:00')).toBe(
        [
          `── writer (${writer.id})`,
          '00:00:00 » Look at it.',
          '00:00:00 ● I look at it.',
          '           Then I run the tests.',
          '00:00:00 ▸ npm test',
          'half a line\\u{202e}',
          '00:00:00 ✓ npm test',
          '           3 passed',
          '00:00:00 ± a.ts',
          '           @@ -1,1 +1,1 @@',
          '           -a',
          '           +b',
          '00:00:00 ! OVERLOADED: try again',
          `── reviewer (${reviewer.id})`,
          '00:00:00 ● Looks good.',
          '',
        ].join('\n'),
      )
      const some = await cli.run([
        'logs',
        run.id,
        '--session',
        writer.id,
        '--kind',
        'error',
        '--kind',
        'message',
      ])
      expect(some.stdout).toMatch(
        /^\S+ ● I look at it\.\n +Then I run the tests\.\n\S+ ! OVERLOADED: try again\n$/,
      )
      const text = await cli.run(['logs', run.id, '--session', writer.id, '--text', '--kind', 'output'])
      expect(text.stdout).toBe('half a line\u202e\n')
      const json = await cli.run(['logs', run.id, '--json', '--kind', 'error'])
      expect(JSON.parse(json.stdout)).toMatchObject({
        sessionId: writer.id,
        role: 'writer',
        kind: 'ERROR',
        seq: 8,
      })
    },
  )

  it('finds what was said, and refuses what it does not know', patience, async () => {
    const run = await begin()
    const writer = await run.openSession('writer')
    await writer.say(...SAID)
    const found = await cli.run(['logs', run.id, '--search', 'NPM TEST'])
    expect(found.stdout).toMatch(new RegExp(`^\\S+ ${writer.id} 3 {2}TOOL_CALL {2}npm test\\n$`))
    expect((await cli.run(['logs', run.id, '--search', 'never said'])).code).toBe(4)
    expect((await cli.run(['logs', run.id, '--search', 'ab'])).code).toBe(2)
    expect((await cli.run(['logs', run.id, '--kind', 'words'])).code).toBe(2)
    expect((await cli.run(['logs', run.id, '--session', 'ses_none'])).code).toBe(4)
  })

  it('follows agents that come later, until the run has settled', patience, async () => {
    const run = await begin()
    const writer = await run.openSession('writer')
    await writer.say({ message: { text: 'first words' } })
    const following = cli.start(['logs', run.id, '--follow', '--kind', 'message'])
    await following.until(/first words/)
    const reviewer = await run.openSession('reviewer')
    await reviewer.say({ thought: { text: 'not shown' } }, { message: { text: 'later words' } })
    await following.until(/later words/)
    unwrap(await pawl.phases.start(run.id, 'work', { fence: run.fence }))
    unwrap(await pawl.runs.complete(run.id, { fence: run.fence }))
    const { code, stdout } = await following.ended
    expect(code).toBe(0)
    expect(stdout).not.toContain('not shown')
    expect(stdout.match(/first words/g)).toHaveLength(1)
  })
})

describe('pawl run show --usage', () => {
  it(
    'tells what was used, by phase, session and model, and what is only the least of it',
    patience,
    async () => {
      const run = await begin()
      const writer = await run.openSession('writer')
      expect((await cli.run(['run', 'show', run.id, '--usage'])).stdout).toMatch(/no agent has told/)
      const [phase] = (await pawl.runs.get(run.id))?.phases ?? []
      const usage = { phaseId: phase?.id, model: 'm1', costMicros: 1_230_000, currency: 'USD' }
      await writer.say(
        { usage: { ...usage, inputTokens: 12_000, outputTokens: 300 } },
        { usage: { inputTokens: 5 } },
      )
      const { code, stdout } = await cli.run(['run', 'show', run.id, '--usage'])
      expect(code).toBe(0)
      expect(stdout).toMatch(/^run +12,005 +≥ 300 +≥ 1\.23 USD$/m)
      expect(stdout).toMatch(/^phase work, round 1 +12,000 +300 +1\.23 USD$/m)
      expect(stdout).toMatch(/^session writer ses_\w+ +12,005/m)
      expect(stdout).toMatch(/^model m1 +12,000/m)
      expect((await cli.json(['run', 'show', run.id, '--usage'])).answer).toMatchObject({
        usage: { inputTokens: 12_005, lacks: expect.arrayContaining(['COST']) },
        phases: [{ key: 'work', usage: { costs: [{ micros: 1_230_000, currency: 'USD' }] } }],
      })
    },
  )
})
