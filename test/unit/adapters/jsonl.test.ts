import { describe, expect, it } from 'vitest'
import { findReader } from '../../../src/adapters/jsonl/readers.ts'
import { TurnEvents } from '../../../src/adapters/jsonl/turnEvents.ts'
import { agentDefinitionSchema } from '../../../src/adapters/kit/agentDefinition.ts'
import type { KnownAgent } from '../../../src/adapters/kit/agentDefinition.ts'
import type { Entry } from '../../../src/adapters/kit/entry.ts'

/** Reads the events of a turn as the agent prints them. */
function open(agent: KnownAgent, counters: Readonly<Record<string, number>> = {}) {
  const definition = agentDefinitionSchema.parse({
    adapter: 'process',
    command: [agent],
    prompt: 'stdin',
    output: `jsonl:${agent}`,
  })
  const reader = findReader(definition)
  if (!reader) throw new Error('no reader')
  const entries: Entry[] = []
  const sessions: string[] = []
  const output = {
    startsAt: 0,
    hasRoom: true,
    write: () => undefined,
    report: (entry: Entry) => void entries.push(entry),
    flush: () => undefined,
  }
  const begin = (session: string) => void sessions.push(session)
  const hear = () => undefined
  const events = new TurnEvents({ reader, output, busyMs: 3_600_000, counters, begin, hear })
  return { entries, sessions, events }
}

function read(agent: KnownAgent, lines: readonly object[], counters?: Readonly<Record<string, number>>) {
  const turn = open(agent, counters)
  for (const line of lines) turn.events.takeOutput(Buffer.from(`${JSON.stringify(line)}\n`))
  turn.events.end()
  return turn
}

const kinds = (entries: readonly Entry[]): string[] => entries.map(({ kind }) => kind)

describe('the events of codex', () => {
  const command = { id: 'item_3', type: 'command_execution', command: '/bin/bash -lc ls' }
  const lines = [
    { type: 'thread.started', thread_id: '01a232bb' },
    { type: 'turn.started' },
    { type: 'item.completed', item: { id: 'item_1', type: 'reasoning', text: 'A file is wanted.' } },
    { type: 'item.completed', item: { id: 'item_2', type: 'agent_message', text: 'I write it.' } },
    { type: 'item.started', item: { ...command, aggregated_output: '', status: 'in_progress' } },
    {
      type: 'item.completed',
      item: { ...command, aggregated_output: 'out', exit_code: 3, status: 'failed' },
    },
    {
      type: 'turn.completed',
      usage: {
        input_tokens: 3500,
        cached_input_tokens: 2200,
        output_tokens: 100,
        reasoning_output_tokens: 10,
      },
    },
  ]

  it('become entries', () => {
    const { entries, sessions, events } = read('codex', lines)
    expect(sessions).toEqual(['01a232bb'])
    expect(entries).toMatchObject([
      { kind: 'THOUGHT', text: 'A file is wanted.' },
      { kind: 'MESSAGE', text: 'I write it.' },
      {
        kind: 'TOOL_CALL',
        key: 'item_3',
        toolKind: 'EXECUTE',
        title: '/bin/bash -lc ls',
        status: 'IN_PROGRESS',
      },
      { kind: 'TOOL_CALL', updates: 'item_3', status: 'FAILED', text: 'out' },
      { kind: 'USAGE', inputTokens: 3500, cachedTokens: 2200, outputTokens: 100, reasoningTokens: 10 },
    ])
    expect(events.failure).toBe(null)
  })

  it('count over the whole thread, of which each turn has its part', () => {
    const { entries, events } = read('codex', lines, { input_tokens: 3000, output_tokens: 90 })
    expect(entries.at(-1)).toMatchObject({ inputTokens: 500, outputTokens: 10, cachedTokens: 2200 })
    expect(events.counters).toMatchObject({ input_tokens: 3500, output_tokens: 100 })
  })

  it('name the error of the turn, and what was tried before', () => {
    const last = 'unexpected status 401 Unauthorized: Incorrect API key provided'
    const { entries, events } = read('codex', [
      { type: 'error', message: `Reconnecting... 1/5 (${last})` },
      { type: 'error', message: last },
      { type: 'turn.failed', error: { message: last } },
    ])
    expect(kinds(entries)).toEqual(['ERROR', 'ERROR'])
    expect(entries.at(-1)).toMatchObject({ code: 'AUTH', text: last })
    expect(events.failure).toEqual({ code: null, message: last })
    expect(events.hasWorked).toBe(false)
  })
})

describe('the events of gemini', () => {
  it('become entries', () => {
    const id = 'write_file__1'
    const { entries, sessions } = read('gemini', [
      { type: 'init', session_id: 'gem-1', model: 'auto' },
      { type: 'message', role: 'user', content: 'Please do it.' },
      { type: 'message', role: 'assistant', content: 'I write it.', delta: true },
      {
        type: 'tool_use',
        tool_name: 'write_file',
        tool_id: id,
        parameters: { file_path: '/w/out.json', content: '{}\n' },
      },
      { type: 'tool_result', tool_id: id, status: 'success' },
      {
        type: 'result',
        status: 'success',
        stats: {
          total_tokens: 4650,
          input_tokens: 4500,
          output_tokens: 130,
          cached: 2600,
          models: { a: {}, b: {} },
        },
      },
    ])
    expect(sessions).toEqual(['gem-1'])
    expect(entries).toMatchObject([
      { kind: 'MESSAGE', text: 'I write it.', isPiece: true },
      { kind: 'TOOL_CALL', key: id, toolKind: 'EDIT', title: 'write_file: /w/out.json' },
      { kind: 'DIFF', path: '/w/out.json', text: '@@ -0,0 +1,1 @@\n+{}\n' },
      { kind: 'TOOL_CALL', updates: id, status: 'COMPLETED' },
      { kind: 'USAGE', inputTokens: 4500, outputTokens: 150, reasoningTokens: 20, cachedTokens: 2600 },
    ])
  })

  it('name the error of the turn', () => {
    const message = '[API Error: {"error":{"code":401,"message":"API key not valid."}}]'
    const { events } = read('gemini', [
      { type: 'result', status: 'error', error: { type: 'unknown', message }, stats: {} },
    ])
    expect(events.failure).toEqual({ code: 'unknown', message })
  })
})

describe('the events of claude', () => {
  it.each([
    ['claude', 60],
    ['qwen', 100],
  ] as const)('become entries, as %s prints them', (agent, input_tokens) => {
    const use = { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'ls' } }
    const { entries, sessions } = read(
      agent,
      [
        { type: 'system', subtype: 'init', session_id: 'claude-1', model: 'm' },
        {
          type: 'assistant',
          message: {
            content: [{ type: 'thinking', thinking: 'Hm.' }, { type: 'text', text: 'I look.' }, use],
          },
        },
        {
          type: 'user',
          message: {
            content: [
              { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: 'a' }] },
            ],
          },
        },
        {
          type: 'result',
          is_error: false,
          total_cost_usd: 0.5,
          duration_ms: 10,
          usage: { input_tokens, cache_read_input_tokens: 40, output_tokens: 20 },
          modelUsage: { m: {} },
        },
      ],
      { total_cost_usd: 400_000 },
    )
    expect(sessions).toEqual(['claude-1'])
    expect(entries).toMatchObject([
      { kind: 'THOUGHT', text: 'Hm.' },
      { kind: 'MESSAGE', text: 'I look.' },
      { kind: 'TOOL_CALL', key: 'toolu_1', toolKind: 'EXECUTE', title: 'Bash: ls' },
      { kind: 'TOOL_CALL', updates: 'toolu_1', status: 'COMPLETED', text: 'a' },
      {
        kind: 'USAGE',
        model: 'm',
        inputTokens: 100,
        cachedTokens: 40,
        outputTokens: 20,
        costMicros: 100_000,
      },
    ])
  })

  it('of qwen count over the whole session', () => {
    const usage = { input_tokens: 100, cache_read_input_tokens: 40, output_tokens: 20 }
    const before = { input_tokens: 70, cache_read_input_tokens: 40, output_tokens: 15 }
    const { entries, events } = read('qwen', [{ type: 'result', is_error: false, usage }], before)
    expect(entries).toMatchObject([{ kind: 'USAGE', inputTokens: 30, cachedTokens: 0, outputTokens: 5 }])
    expect(events.counters).toMatchObject(usage)
  })

  it('name the error of the turn', () => {
    const { events } = read('claude', [
      { type: 'result', is_error: true, result: 'Invalid API key', api_error_status: 401, usage: {} },
    ])
    expect(events.failure).toEqual({ code: 401, message: 'Invalid API key' })
  })
})

describe('the events of opencode', () => {
  const begun = { type: 'step_start', sessionID: 'ses_1', part: {} }

  it('become entries, and a step is a sign of life until it is over', () => {
    const turn = open('opencode')
    turn.events.takeOutput(Buffer.from(`${JSON.stringify(begun)}\n`))
    expect(turn.events.isBusy).toBe(true)
    const state = { status: 'completed', input: { command: 'ls' }, output: 'a' }
    for (const line of [
      { type: 'text', sessionID: 'ses_1', part: { text: 'I look.' } },
      { type: 'tool_use', sessionID: 'ses_1', part: { tool: 'bash', callID: 'call_1', state } },
      {
        type: 'step_finish',
        sessionID: 'ses_2',
        part: { cost: 0.0007, tokens: { input: 600, output: 40, reasoning: 10, cache: { read: 400 } } },
      },
    ])
      turn.events.takeOutput(Buffer.from(`${JSON.stringify(line)}\n`))
    expect(turn.events.isBusy).toBe(false)
    expect(turn.sessions).toEqual(['ses_1'])
    expect(turn.entries).toMatchObject([
      { kind: 'MESSAGE', text: 'I look.' },
      { kind: 'TOOL_CALL', key: 'call_1', title: 'bash: ls', status: 'IN_PROGRESS' },
      { kind: 'TOOL_CALL', updates: 'call_1', status: 'COMPLETED', text: 'a' },
      { kind: 'USAGE', inputTokens: 1000, cachedTokens: 400, outputTokens: 50, costMicros: 700 },
    ])
  })

  it('name the error of the turn', () => {
    const data = { message: 'Incorrect API key provided.', statusCode: 401 }
    const { events } = read('opencode', [
      { type: 'error', sessionID: 's', error: { name: 'APIError', data } },
    ])
    expect(events.failure).toEqual({ code: 401, message: data.message })
  })
})

describe('the events of pi', () => {
  it('become entries, without what it streams', () => {
    const answer = {
      role: 'assistant',
      model: 'stub',
      content: [
        { type: 'thinking', thinking: 'Hm.' },
        { type: 'text', text: 'I look.' },
      ],
      usage: { input: 600, cacheRead: 400, output: 50, cost: { total: 0.0007 } },
      stopReason: 'toolUse',
    }
    const { entries, sessions } = read('pi', [
      { type: 'session', id: 'pi-1' },
      { type: 'message_update', message: answer },
      { type: 'message_end', message: answer },
      { type: 'tool_execution_start', toolCallId: 'c', toolName: 'bash', args: { command: 'ls' } },
      { type: 'tool_execution_end', toolCallId: 'c', result: { content: [{ type: 'text', text: 'a' }] } },
    ])
    expect(sessions).toEqual(['pi-1'])
    expect(kinds(entries)).toEqual(['THOUGHT', 'MESSAGE', 'USAGE', 'TOOL_CALL', 'TOOL_CALL'])
    expect(entries[2]).toMatchObject({ inputTokens: 1000, cachedTokens: 400, outputTokens: 50 })
  })
})

describe('output that is no event', () => {
  it('is kept as what it is, and standard error apart', () => {
    const { events, entries, sessions } = open('codex')
    events.takeOutput(Buffer.from('a warning\r\n{"type":"thread.st'))
    events.takeOutput(Buffer.from('arted","thread_id":"t"}\n[1]\n{"broken'))
    events.takeErrors(Buffer.from('é'.slice(0)).subarray(0, 1))
    events.takeErrors(Buffer.from('é').subarray(1))
    events.end()
    expect(sessions).toEqual(['t'])
    expect(entries).toMatchObject([
      { kind: 'OUTPUT', stream: 'STDOUT', text: 'a warning\n' },
      { kind: 'OUTPUT', stream: 'STDOUT', text: '[1]\n' },
      { kind: 'OUTPUT', stream: 'STDERR', text: 'é' },
      { kind: 'OUTPUT', stream: 'STDOUT', text: '{"broken\n' },
    ])
  })

  it('is left out where a line of it is too long', () => {
    const { events, entries } = open('codex')
    for (let i = 0; i < 9; i += 1) events.takeOutput(Buffer.alloc(1_048_576, 'x'))
    events.takeOutput(Buffer.from('\nnext\n'))
    expect(entries.map((entry) => ('text' in entry ? entry.text : ''))).toEqual([
      '[a line of 9437184 characters is left out here]\n',
      'next\n',
    ])
  })
})
