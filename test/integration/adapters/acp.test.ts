import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { acpAdapter } from '../../../src/adapters/acp/acpAdapter.ts'
import { permissionsSchema } from '../../../src/adapters/kit/agentDefinition.ts'
import { MAX_LINE_BYTES, MAX_OPEN_REQUESTS } from '../../../src/adapters/acp/messageStream.ts'
import type { PermissionOutcome, PermissionQuestion } from '../../../src/adapters/kit/adapter.ts'
import { orAborted } from '../../../src/adapters/kit/waiting.ts'
import type { Entry, EntryKind } from '../../../src/adapters/kit/entry.ts'
import { AT_ONCE, makeFolder, never, NO_HURRY, setUp, until } from '../../conformance/adapters/workbench.ts'
import type { PartOfDefinition, Workbench } from '../../conformance/adapters/workbench.ts'
import { acpCommand } from '../../support/acpCommand.ts'

/** One rule of the agent's script. */
interface Rule {
  readonly prompt?: string
  readonly times?: number
  readonly do: readonly object[]
}

const prompt = (text: string) => ({ key: `key of ${text}`, text })

/** Sets up a session of an agent that follows these rules and is like this beside them. */
async function speak(
  rules: readonly Rule[],
  behaves: object = {},
  part: Partial<PartOfDefinition> = {},
): Promise<Workbench> {
  const folder = await makeFolder()
  const script = join(folder, 'script.json')
  await writeFile(script, JSON.stringify({ rules, behaves }))
  const command = acpCommand(script, join(folder, 'state.json'))
  return setUp(acpAdapter, { adapter: 'acp', command, prompt: null, startSeconds: 20, ...part }, folder)
}

/** What the agent remembers of its sessions. */
const memoryOf = ({ folder }: Workbench) =>
  JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')) as {
    sessions: Record<string, { text: string; key?: string }[]>
    mode?: string
    mcpServers?: object[]
    meta?: object
    takenUpBy?: string
  }

const ofKind = <Kind extends EntryKind>(bench: Workbench, kind: Kind) =>
  bench.entries.filter((entry): entry is Extract<Entry, { kind: Kind }> => entry.kind === kind)

/** Opens the agent and hands it a prompt; resolves with how the turn ended. */
async function work(bench: Workbench, text = 'go') {
  const agent = await bench.open()
  await agent.send(prompt(text))
  return { agent, result: await agent.turnOver(never()) }
}

describe('a session over ACP', () => {
  it('continues in the same process, is set to its mode, and is given the MCP server and the keys of prompts', async () => {
    const bench = await speak([{ do: [{ remember: true }] }], {}, { mode: 'free' })
    const PAWL = `${process.execPath} pawl.js`
    const agent = await bench.open({
      env: { ...bench.context().env, PAWL, PAWL_URL: 'http://127.0.0.1:4400/' },
    })
    await agent.send(prompt('one'))
    await agent.turnOver(never())
    await agent.send(prompt('two'))
    expect(await agent.turnOver(never())).toEqual({ exit: null, stop: 'END_TURN', failure: null })
    expect(bench.pids).toHaveLength(1)
    const { sessions, mode, mcpServers, meta } = memoryOf(bench)
    expect(mode).toBe('free')
    expect(mcpServers).toEqual([
      {
        name: 'pawl',
        command: process.execPath,
        args: ['pawl.js', 'mcp'],
        env: [
          { name: 'PAWL_URL', value: 'http://127.0.0.1:4400/' },
          { name: 'PAWL_TOKEN', value: 'pawl_of_this_test' },
        ],
      },
    ])
    expect(meta).toEqual({ mcpStartupAwaitTimeoutMs: 60_000 })
    expect(sessions).toEqual({
      'session-1': [
        { text: 'one', key: 'key of one' },
        { text: 'two', key: 'key of two' },
      ],
    })
  })

  it('is refused where its agent has no such mode', async () => {
    const bench = await speak([], {}, { mode: 'reckless' })
    const agent = await bench.open()
    await expect(agent.send(prompt('go'))).rejects.toMatchObject({
      errorClass: 'HUMAN_REQUIRED',
      code: 'MODE_UNKNOWN',
      message: expect.stringContaining('careful, free'),
    })
    expect(bench.processes()).toEqual([])
    expect(await agent.hasReceived('key of go')).toBe(false)
  })

  it.each([
    { how: 'resumed', by: 'session/resume', behaves: {} },
    { how: 'loaded', by: 'session/load', behaves: { canResume: false } },
    {
      how: 'loaded, though its agent replays late',
      by: 'session/load',
      behaves: { canResume: false, replaysLate: true },
    },
  ])('is $how by the next process, and what it replays is left out', async ({ by, behaves }) => {
    const bench = await speak(
      [{ prompt: 'first', do: [{ crash: true }] }, { do: [{ remember: true }] }],
      behaves,
    )
    const { agent, result } = await work(bench, 'first')
    expect(result.exit).toEqual({ exitCode: null, signal: 'SIGKILL' })
    await agent.send(prompt('second'))
    expect(await agent.turnOver(never())).toMatchObject({ exit: null, stop: 'END_TURN' })
    expect(Object.keys(memoryOf(bench).sessions)).toEqual(['session-1'])
    expect(memoryOf(bench).takenUpBy).toBe(by)
    expect(bench.said()).toContain('"first"')
    expect(bench.said()).not.toContain('replayed')
  })

  it('starts again at once where the agent does not know it any more', async () => {
    const bench = await speak([{ times: 1, do: [{ crash: true }] }, { do: [{ say: 'anew' }] }], {
      forgets: true,
    })
    const { agent } = await work(bench)
    await agent.send(prompt('again'))
    expect(await agent.turnOver(never())).toMatchObject({ stop: 'END_TURN' })
    expect(Object.keys(memoryOf(bench).sessions)).toEqual(['session-1', 'session-2'])
    expect(bench.said()).toContain('without memory')
    expect(bench.handles.at(-1)).toMatchObject({ session: 'session-2' })
  })

  it('starts again after a restart', async () => {
    const bench = await speak([{ do: [{ remember: true }] }])
    const { agent } = await work(bench, 'first')
    await agent.restart(NO_HURRY)
    await agent.send(prompt('second'))
    await agent.turnOver(never())
    expect(Object.keys(memoryOf(bench).sessions)).toEqual(['session-1', 'session-2'])
  })
})

describe('a turn over ACP', () => {
  it('is told by the reason for which it ended, where that is a known one', async () => {
    const reasons = {
      end_turn: 'END_TURN',
      cancelled: 'CANCELLED',
      refusal: 'REFUSAL',
      max_tokens: 'MAX_TOKENS',
      max_turn_requests: 'MAX_TURN_REQUESTS',
      of_the_future: null,
    }
    const rules = Object.keys(reasons).map((reason) => ({ prompt: reason, do: [{ stop: reason }] }))
    const agent = await (await speak(rules)).open()
    for (const [reason, stop] of Object.entries(reasons)) {
      await agent.send(prompt(reason))
      expect(await agent.turnOver(never())).toEqual({ exit: null, stop, failure: null })
    }
  })

  it('that ends with an error is told with the words of the agent, which lives on', async () => {
    const error = { code: -32_603, message: 'Internal error', data: { details: '429 slow down' } }
    const bench = await speak([{ times: 1, do: [{ error }] }, { do: [] }])
    const { agent, result } = await work(bench)
    const message = 'Internal error: 429 slow down'
    expect(result).toEqual({ exit: null, stop: null, failure: { code: -32_603, message } })
    expect(ofKind(bench, 'ERROR')).toMatchObject([{ text: message, code: '-32603' }])
    await agent.send(prompt('again'))
    expect(await agent.turnOver(never())).toMatchObject({ stop: 'END_TURN' })
    expect(bench.pids).toHaveLength(1)
  })

  it('ends with an error that its agent tells as a message of its own, and not with what the model says', async () => {
    const error = 'Rate limit reached. Please try again in 3600s.'
    const chunk = (text: string, messageId?: string) => ({
      update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text }, messageId },
    })
    const bench = await speak(
      [
        { prompt: 'of the model', do: [chunk(error, 'msg_1')] },
        { prompt: 'before', do: [chunk(error), chunk('and yet it is done', 'msg_2')] },
        { prompt: 'at the end', do: [chunk('at work', 'msg_3'), chunk(error)] },
      ],
      { name: '@agentclientprotocol/codex-acp' },
    )
    const agent = await bench.open()
    const failures: unknown[] = []
    for (const text of ['of the model', 'before', 'at the end']) {
      await agent.send(prompt(text))
      failures.push((await agent.turnOver(never())).failure)
    }
    expect(failures).toEqual([null, null, { code: null, message: error }])
  })

  it('that is ended while its agent tries again has the error after which it does', async () => {
    const told = (message: string) => ({
      update: { sessionUpdate: 'session_info_update', _meta: { codex: { error: { message } } } },
    })
    const bench = await speak([{ do: [told('429 Too Many Requests'), { silence: true }] }])
    const agent = await bench.open()
    await agent.send(prompt('go'))
    await until(() => ofKind(bench, 'ERROR').length > 0)
    expect(await agent.stop(NO_HURRY, 'IDLE')).toBe(true)
    expect((await agent.turnOver(never())).failure).toEqual({ code: null, message: '429 Too Many Requests' })
  })

  it('is reported as entries, with what it used', async () => {
    const call = { toolCallId: 'c', kind: 'edit', title: 'Write a.txt' }
    const diff = { type: 'diff', path: '/w/a.txt', oldText: 'a\n', newText: 'b\n' }
    const usage = { inputTokens: 100, outputTokens: 20, cachedReadTokens: 7, thoughtTokens: 3 }
    const cost = (amount: number) => ({
      update: { sessionUpdate: 'usage_update', used: 1, size: 2, cost: { amount, currency: 'USD' } },
    })
    const request = (inputTokens: number) => ({
      update: {
        sessionUpdate: 'agent_message_chunk',
        content: { type: 'text', text: '' },
        _meta: { usage: { inputTokens, outputTokens: 1 } },
      },
    })
    const bench = await speak([
      {
        prompt: 'one',
        do: [
          { think: 'hm' },
          { say: 'hello' },
          { update: { sessionUpdate: 'tool_call', ...call, status: 'pending', content: [diff] } },
          { update: { sessionUpdate: 'tool_call_update', toolCallId: 'c', status: 'completed' } },
          {
            update: {
              sessionUpdate: 'plan',
              entries: [{ content: 'step', status: 'pending', priority: 'low' }],
            },
          },
          {
            update: {
              sessionUpdate: 'plan',
              entries: [{ content: 'step', status: 'completed', priority: 'low' }],
            },
          },
          { update: { sessionUpdate: 'of_the_future', any: 'thing' } },
          cost(0.25),
          { complain: 'a warning' },
          { stop: 'end_turn', with: { usage } },
        ],
      },
      { prompt: 'four', do: [cost(1)] },
      { prompt: 'three', do: [request(5), request(6), cost(0.75)] },
      { do: [cost(0.75)] },
    ])
    const { agent } = await work(bench, 'one')
    await until(() => ofKind(bench, 'OUTPUT').length > 0)
    expect(ofKind(bench, 'OUTPUT')).toMatchObject([{ stream: 'STDERR', text: 'a warning\n' }])
    expect(bench.entries.filter(({ kind }) => kind !== 'OUTPUT')).toMatchObject([
      { kind: 'THOUGHT', text: 'hm', isPiece: true },
      { kind: 'MESSAGE', text: 'hello\n', isPiece: true },
      { kind: 'TOOL_CALL', key: 'c', title: 'Write a.txt', toolKind: 'EDIT', status: 'PENDING' },
      { kind: 'TOOL_CALL', updates: 'c', status: 'COMPLETED' },
      { kind: 'DIFF', path: '/w/a.txt', text: expect.stringContaining('-a\n+b\n') },
      { kind: 'PLAN', key: 'plan', steps: [{ text: 'step', status: 'PENDING' }] },
      { kind: 'PLAN', updates: 'plan', steps: [{ text: 'step', status: 'COMPLETED' }] },
      {
        kind: 'USAGE',
        inputTokens: 100,
        outputTokens: 20,
        cachedTokens: 7,
        reasoningTokens: 3,
        costMicros: 250_000,
        currency: 'USD',
      },
    ])
    await agent.send(prompt('two'))
    await agent.turnOver(never())
    expect(bench.entries.at(-1)).toMatchObject({ kind: 'USAGE', costMicros: 500_000 })
    expect(bench.entries.at(-1)).not.toHaveProperty('inputTokens')
    await agent.send(prompt('three'))
    await agent.turnOver(never())
    expect(bench.entries.at(-1)).toMatchObject({
      kind: 'USAGE',
      inputTokens: 11,
      outputTokens: 2,
      costMicros: 0,
    })
    await agent.close()
    const next = await bench.open()
    await next.send(prompt('four'))
    await next.turnOver(never())
    expect(bench.entries.at(-1)).toMatchObject({ kind: 'USAGE', costMicros: 250_000 })
  })

  it('is no silence while a call of a tool is under way, and is one after that was too long', async () => {
    const rules = [
      { do: [{ say: 'running' }, { run: ['sh', '-c', 'until test -e go-on; do sleep 0.05; done'] }] },
    ]
    const bench = await speak(rules, {}, { toolSeconds: 1 })
    const agent = await bench.open()
    await agent.send(prompt('go'))
    await until(() => ofKind(bench, 'TOOL_CALL').length > 0)
    const begunAt = agent.lastActivityAt
    await sleep(300)
    expect(performance.now() - agent.lastActivityAt).toBeLessThan(100)
    await until(() => performance.now() - agent.lastActivityAt > 300)
    expect(agent.lastActivityAt - begunAt).toBeLessThan(1_500)
    await writeFile(join(bench.workspace, 'go-on'), '')
    expect(await agent.turnOver(never())).toMatchObject({ stop: 'END_TURN' })
  })

  it('is cancelled before its agent is ended, and so is what the agent runs elsewhere', async () => {
    const run = ['sh', '-c', 'touch begun; trap "" TERM; while :; do sleep 0.2; done']
    const bench = await speak([{ do: [{ run }] }])
    const agent = await bench.open()
    await agent.send(prompt('go'))
    await until(() => existsSync(join(bench.workspace, 'begun')))
    const over = agent.turnOver(never())
    expect(await agent.stop({ killAfterMs: 500, mustKill: () => false }, 'CANCELLED')).toBe(true)
    expect(await over).toMatchObject({ stop: 'CANCELLED' })
    expect(bench.processes()).toEqual([])
    expect([...bench.ends.values()]).toMatchObject([{ end: 'CANCELLED' }])
  })

  it('is ended by force where its agent ignores a cancel', async () => {
    const behaves = { ignoresCancel: true }
    const bench = await speak([{ do: [{ ignore: 'SIGTERM' }, { say: 'up' }, { silence: true }] }], behaves)
    const agent = await bench.open()
    await agent.send(prompt('go'))
    await bench.untilPrinted('up')
    expect(await agent.stop({ killAfterMs: 300, mustKill: () => false }, 'TIMED_OUT')).toBe(true)
    expect(await agent.turnOver(never())).toMatchObject({ exit: { signal: 'SIGKILL' } })
    expect([...bench.ends.values()]).toEqual([{ exitCode: null, signal: 'SIGKILL', end: 'TIMED_OUT' }])
  })

  it('is not steered where the agent does not announce that it can be', async () => {
    const bench = await speak([{ do: [{ say: 'up' }, { silence: true }] }], { canSteer: false })
    const agent = await bench.open()
    await agent.send(prompt('go'))
    await bench.untilPrinted('up')
    expect(await agent.steer('a word')).toBe(false)
  })
})

describe('a permission over ACP', () => {
  const ask = (fields: object) => [{ ask: fields }]

  it('is answered by the definition, for what is asked', async () => {
    const cases = [
      ['an edit', { kind: 'edit' }, 'yes'],
      ['a move', { kind: 'move' }, 'yes'],
      ['a command', { kind: 'execute' }, 'no'],
      ['the network', { kind: 'fetch' }, 'no'],
      ["an MCP server's tool", { kind: 'execute', _meta: { is_mcp_tool_approval: true } }, 'yes'],
      ["an MCP server's tool, by its name", { kind: 'other', toolCall: { name: 'mcp__pawl__state' } }, 'yes'],
      ['anything else', { kind: 'switch_mode' }, 'no'],
      ['something without a kind', { toolCall: { kind: null } }, 'no'],
      ['an edit by its title alone', { kind: 'execute', title: 'Edit a file' }, 'no'],
    ] as const
    const rules = cases.map(([what, fields]) => ({ prompt: `^${what}$`, do: ask(fields) }))
    const permissions = {
      edit: 'allow',
      execute: 'deny',
      fetch: 'deny',
      mcp: 'allow',
      other: 'deny',
    } as const
    const bench = await speak(rules, {}, { permissions })
    const agent = await bench.open()
    for (const [what] of cases) {
      await agent.send(prompt(what))
      await agent.turnOver(never())
    }
    const answers = [...bench.said().matchAll(/answered (\w+)/g)].map(([, answer]) => answer)
    expect(answers).toEqual(cases.map(([, , answer]) => answer))
    expect(ofKind(bench, 'PERMISSION').map(({ state, text }) => [state, text])).toEqual(
      answers.map((answer) => [answer === 'yes' ? 'ALLOWED' : 'DENIED', "by the agent's definition"]),
    )
  })

  it('is never given for longer than once', async () => {
    const always = [{ optionId: 'for-ever', name: 'Always', kind: 'allow_always' }]
    const bench = await speak([{ do: ask({ kind: 'edit', options: always }) }])
    await work(bench)
    expect(bench.said()).toContain('answered cancelled\n')
  })

  it('that is asked twice is answered twice', async () => {
    const bench = await speak([{ do: ask({ kind: 'edit', toolCallId: 'the-same', times: 2 }) }])
    await work(bench)
    expect(bench.said().split('answered yes\n')).toHaveLength(3)
  })

  it('is asked of a person, for as long as that takes, and the agent is told its result', async () => {
    const permissions = permissionsSchema.parse({ execute: 'ask' })
    const command = { rawInput: { command: 'make' }, locations: [{ path: '/w' }] }
    const rules = [{ do: ask({ kind: 'execute', title: 'make\nit so', toolCall: command }) }]
    const bench = await speak(rules, {}, { permissions })
    const asked: PermissionQuestion[] = []
    let answer: (outcome: PermissionOutcome) => void = () => undefined
    const agent = await bench.open({
      askPermission: (question) => {
        asked.push(question)
        return new Promise((resolve) => (answer = resolve))
      },
    })
    await agent.send(prompt('go'))
    await until(() => asked.length > 0 && agent.waitedMs > 100)
    expect(performance.now() - agent.lastActivityAt).toBeLessThan(50)
    expect(asked).toEqual([
      { kind: 'EXECUTE', title: 'make', program: 'make', path: null, detail: '{"command":"make"}' },
    ])
    answer({ state: 'EXPIRED', approvalId: 'apr_1', comment: null })
    await agent.turnOver(never())
    expect(bench.said()).toContain('answered no\n')
    expect(bench.said()).toContain('nobody answered in time; that is no denial')
    expect(ofKind(bench, 'PERMISSION')).toMatchObject([{ state: 'EXPIRED', approvalId: 'apr_1' }])
    expect(agent.waitedMs).toBeGreaterThan(100)
  })

  it('is asked no more where its agent is stopped', async () => {
    const bench = await speak(
      [{ do: ask({ kind: 'execute' }) }],
      {},
      { permissions: permissionsSchema.parse({ execute: 'ask' }) },
    )
    let signal: AbortSignal | undefined
    const agent = await bench.open({
      askPermission: (_, asking) => {
        signal = asking
        return orAborted(new Promise<never>(() => undefined), asking)
      },
    })
    await agent.send(prompt('go'))
    await until(() => signal !== undefined)
    expect(await agent.stop(AT_ONCE, 'CANCELLED')).toBe(true)
    expect(signal?.aborted).toBe(true)
  })

  it('of another session is not given', async () => {
    const bench = await speak([{ do: ask({ kind: 'edit', sessionId: 'of-another' }) }])
    await work(bench)
    expect(bench.said()).toContain('answered cancelled\n')
    expect(ofKind(bench, 'PERMISSION')).toEqual([])
  })
})

describe('an agent over ACP that misbehaves', () => {
  it.each(['initialize', 'session/new', 'session/set_mode'])(
    'and never answers %s is given up',
    async (silentAt) => {
      const bench = await speak([], { silentAt }, { startSeconds: 2, mode: 'free' })
      const agent = await bench.open()
      await expect(agent.send(prompt('go'))).rejects.toMatchObject({
        errorClass: 'RECOVERABLE',
        code: 'AGENT_NOT_READY',
        message: expect.stringContaining(`did not answer ${silentAt} within 2 s`),
      })
      expect(bench.processes()).toEqual([])
      expect(bench.log.map((line) => line.split(' ')[0])).toEqual(['start', 'end'])
      expect(await agent.hasReceived('key of go')).toBe(false)
    },
  )

  it('and is stopped while it begins begins no more', async () => {
    const bench = await speak([], { silentAt: 'initialize' })
    const agent = await bench.open()
    const sending = agent.send(prompt('go'))
    const refused = expect(sending).rejects.toMatchObject({ code: 'AGENT_STOPPED' })
    await until(() => bench.processes().length > 0)
    expect(await agent.stop(AT_ONCE, 'CANCELLED')).toBe(true)
    await refused
    expect(bench.processes()).toEqual([])
  })

  it('and has no login asks for a person, with its own words', async () => {
    const refuses = { 'session/new': { code: -32_000, message: 'Authentication required' } }
    const agent = await (await speak([], { refuses })).open()
    await expect(agent.send(prompt('go'))).rejects.toMatchObject({
      errorClass: 'HUMAN_REQUIRED',
      code: 'AGENT_NOT_LOGGED_IN',
      message: expect.stringContaining('Authentication required'),
    })
  })

  it('and speaks another version is for a person', async () => {
    const agent = await (await speak([], { version: 9 })).open()
    await expect(agent.send(prompt('go'))).rejects.toMatchObject({ code: 'AGENT_INCOMPATIBLE' })
  })

  it('and speaks no ACP at all is given up', async () => {
    const bench = await speak([], {}, { command: ['sh', '-c', 'echo welcome; exit 3'] })
    const agent = await bench.open()
    await expect(agent.send(prompt('go'))).rejects.toMatchObject({ code: 'AGENT_NOT_READY' })
    expect(bench.said()).toContain('welcome')
    expect([...bench.ends.values()]).toMatchObject([{ exitCode: 3, end: 'EXITED' }])
  })

  it('and prints what is no message, answers what it was not asked, or names another session is borne with', async () => {
    const chunk = { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'not mine' } }
    const bench = await speak([
      {
        do: [
          { raw: 'DeprecationWarning: punycode' },
          { raw: '[1, 2]' },
          { raw: '{"jsonrpc":"2.0","method":"session/update"}' },
          {
            raw: '{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"session-1","update":7}}',
          },
          { wrongAnswer: true },
          { wrongAnswer: true },
          { update: chunk, sessionId: 'of-another' },
          { update: { sessionUpdate: 'tool_call', toolCallId: 7, title: [] } },
          { say: 'still here' },
        ],
      },
    ])
    const { result } = await work(bench)
    expect(result).toMatchObject({ exit: null, stop: 'END_TURN' })
    expect(bench.said()).toMatch(/DeprecationWarning: punycode\n\[1, 2\]\n/)
    expect(bench.said()).toContain('still here')
    expect(bench.said()).not.toContain('not mine')
    expect(bench.said().split('what it was not asked')).toHaveLength(2)
  })

  it('and sends a line that is too long loses the line alone', async () => {
    const bench = await speak([{ do: [{ hugeLine: MAX_LINE_BYTES + 1 }, { say: 'after it' }] }])
    const { result } = await work(bench)
    expect(result).toMatchObject({ stop: 'END_TURN' })
    expect(bench.said()).toContain('is left out here')
    expect(bench.said()).toContain('after it')
  })

  it('and floods with requests is ended, with the reason', async () => {
    const bench = await speak([{ do: [{ floodOfRequests: MAX_OPEN_REQUESTS * 20 }, { silence: true }] }])
    const { result } = await work(bench)
    expect(result.exit).toMatchObject({ signal: 'SIGTERM' })
    expect(result.failure?.message).toContain(`more than ${MAX_OPEN_REQUESTS} requests`)
    expect(bench.processes()).toEqual([])
  })

  it('and closes its output is ended, though it lives on', async () => {
    const bench = await speak([{ do: [{ say: 'bye' }, { closeOutput: true }, { silence: true }] }])
    const { result } = await work(bench)
    expect(result.exit).toMatchObject({ signal: 'SIGTERM' })
    expect(bench.said()).toContain('bye')
    expect(bench.processes()).toEqual([])
  })
})
