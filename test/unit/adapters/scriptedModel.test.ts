import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startScriptedModel } from '../../support/model/scriptedModel.ts'
import type { ScriptedModel } from '../../support/model/scriptedModel.ts'
import { chooseTool } from '../../support/model/chooseTool.ts'
import type { Script } from '../../support/model/script.ts'

const SCRIPT: Script = [
  {
    prompt: /BUILD/,
    answers: [
      {
        think: 'A file is wanted.',
        say: 'I write it.',
        use: [{ write: '/w/out.json', text: '{}\n' }],
        usage: { input: 100, cached: 40, output: 20, reasoning: 5 },
      },
      { use: [{ run: 'ls' }] },
      { use: [{ tool: 'pawl_state', input: { wait: 1 } }] },
    ],
  },
  { prompt: /LOCKED/, answers: [{ fail: { kind: 'UNAUTHORIZED' } }] },
  { prompt: /HURRY/, answers: [{ fail: { kind: 'RATE_LIMITED', resetSeconds: 7 } }] },
  { prompt: /LONG/, answers: [{ fail: { kind: 'CONTEXT_FULL' } }] },
]

let model: ScriptedModel
beforeAll(async () => void (model = await startScriptedModel()))
beforeEach(() => model.follow(SCRIPT))
afterAll(() => model.close())

async function ask(path: string, body: object) {
  const response = await fetch(`${model.url}${path}`, { method: 'POST', body: JSON.stringify(body) })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const strings = (...names: string[]) => ({
  type: 'object',
  required: names,
  properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
})

/** How each interface is asked, with the tools that an agent of its kind has. */
const INTERFACES = [
  {
    name: 'responses',
    path: '/v1/responses',
    body: (prompt: string, past: readonly object[] = []) => ({
      model: 'scripted',
      input: [{ role: 'user', content: [{ type: 'input_text', text: prompt }] }, ...past],
      tools: [
        { type: 'function', name: 'exec_command', parameters: strings('cmd') },
        { type: 'custom', name: 'apply_patch' },
        { type: 'namespace', name: 'mcp__pawl', tools: [{ type: 'function', name: 'pawl_state' }] },
      ],
    }),
    past: [
      { type: 'function_call', call_id: 'c', name: 'exec_command', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: 'ok' },
    ],
    stream: { stream: true },
    writes: '*** Add File: /w/out.json',
    runs: '{\\"cmd\\":\\"ls\\"}',
    calls: '"namespace":"mcp__pawl"',
    tokens: /"input_tokens":100.*"cached_tokens":40.*"output_tokens":20.*"reasoning_tokens":5/,
  },
  {
    name: 'chat-completions',
    path: '/v1/chat/completions',
    body: (prompt: string, past: readonly object[] = []) => ({
      model: 'scripted',
      messages: [{ role: 'user', content: prompt }, ...past],
      tools: [
        { type: 'function', function: { name: 'bash', parameters: strings('command') } },
        { type: 'function', function: { name: 'write', parameters: strings('filePath', 'content') } },
        { type: 'function', function: { name: 'pawl_pawl_state', parameters: strings() } },
      ],
    }),
    past: [
      { role: 'assistant', content: null },
      { role: 'tool', content: 'ok' },
    ],
    stream: { stream: true },
    writes: '{\\"filePath\\":\\"/w/out.json\\",\\"content\\":\\"{}\\\\n\\"}',
    runs: '{\\"command\\":\\"ls\\"}',
    calls: '"name":"pawl_pawl_state"',
    tokens: /"prompt_tokens":100.*"cached_tokens":40.*"completion_tokens":20.*"reasoning_tokens":5/,
  },
  {
    name: 'messages',
    path: '/v1/messages',
    body: (prompt: string, past: readonly object[] = []) => ({
      model: 'scripted',
      messages: [{ role: 'user', content: prompt }, ...past],
      tools: [
        { name: 'Bash', input_schema: strings('command') },
        { name: 'Write', input_schema: strings('file_path', 'content') },
        { name: 'mcp__pawl__pawl_state', input_schema: strings() },
      ],
    }),
    past: [
      { role: 'assistant', content: [{ type: 'tool_use' }] },
      {
        role: 'user',
        content: [{ type: 'tool_result' }, { type: 'text', text: '<reminder>LOCKED</reminder>' }],
      },
    ],
    stream: { stream: true },
    writes: '/w/out.json',
    runs: 'ls',
    calls: '"name":"mcp__pawl__pawl_state"',
    tokens: /"input_tokens":60,"cache_read_input_tokens":40.*"output_tokens":20/,
  },
  {
    name: 'generate-content',
    path: '/v1beta/models/scripted:generateContent',
    body: (prompt: string, past: readonly object[] = []) => ({
      contents: [{ role: 'user', parts: [{ text: prompt }] }, ...past],
      tools: [
        {
          functionDeclarations: [
            { name: 'run_shell_command', parametersJsonSchema: strings('command') },
            { name: 'write_file', parametersJsonSchema: strings('file_path', 'content') },
            { name: 'mcp_pawl_pawl_state', parametersJsonSchema: strings() },
          ],
        },
      ],
    }),
    past: [
      { role: 'model', parts: [{ functionCall: {} }] },
      { role: 'user', parts: [{ functionResponse: {} }] },
    ],
    stream: undefined,
    writes: '"file_path":"/w/out.json"',
    runs: '"command":"ls"',
    calls: '"name":"mcp_pawl_pawl_state"',
    tokens:
      /"promptTokenCount":100,"cachedContentTokenCount":40,"candidatesTokenCount":15,"thoughtsTokenCount":5/,
  },
] as const

describe.each(INTERFACES)('a scripted model by $name', (each) => {
  const { path, body, past } = each
  const streamed = path.replace(':generateContent', ':streamGenerateContent')

  it('thinks, speaks, and calls the tools that its agent has, as the conversation continues', async () => {
    const first = await ask(path, body('BUILD it'))
    expect(first.text).toContain('A file is wanted.')
    expect(first.text).toContain('I write it.')
    expect(first.text).toContain(each.writes)
    expect(first.text).toMatch(each.tokens)
    expect((await ask(path, body('BUILD it', past))).text).toContain(each.runs)
    expect((await ask(path, body('BUILD it', [...past, ...past]))).text).toContain(each.calls)
    expect(model.asked.at(-1)).toMatchObject({ dialect: each.name, scene: 0, index: 2 })
    expect((await ask(path, body('BUILD it', [...past, ...past, ...past]))).text).toContain('That is all.')
  })

  it('streams', async () => {
    const { text, headers } = await ask(streamed, { ...body('BUILD it'), ...each.stream })
    expect(headers.get('content-type')).toBe('text/event-stream')
    expect(text).toContain('A file is wanted.')
    expect(text).toMatch(each.tokens)
    expect(text).toMatch(/out\.json/)
  })

  it('fails as its service does', async () => {
    expect((await ask(path, body('LOCKED'))).status).toBe(401)
    expect((await ask(path, body('LONG'))).status).toBe(400)
    const limited = await ask(path, body('HURRY'))
    expect(limited.status).toBe(429)
    expect(limited.text + limited.headers.get('retry-after')).toMatch(/7/)
  })
})

it('makes a plan by whichever list its agent keeps, and says of a command that it needs a permission', () => {
  const listOf = (properties: object, required: string[]) => ({
    type: 'array',
    items: { type: 'object', properties, required },
  })
  const text = { type: 'string' }
  const plan = { plan: ['Look', 'Write'] }
  const codex = { plan: listOf({ step: text, status: text }, ['step', 'status']) }
  const claude = {
    todos: listOf({ content: text, status: text, activeForm: text }, ['content', 'activeForm']),
  }
  const named = (name: string, properties: object) => ({ name, schema: { type: 'object', properties } })
  expect(chooseTool(plan, [named('update_plan', codex)])?.input).toEqual({
    plan: [
      { step: 'Look', status: 'in_progress' },
      { step: 'Write', status: 'pending' },
    ],
  })
  expect(chooseTool(plan, [named('TodoWrite', claude)])?.input).toMatchObject({
    todos: [{ content: 'Look', activeForm: 'text' }, { content: 'Write' }],
  })
  const command = named('exec_command', { cmd: text, sandbox_permissions: text })
  expect(chooseTool({ run: 'ls', asksFirst: true }, [command])?.input).toEqual({
    cmd: 'ls',
    sandbox_permissions: 'require_escalated',
  })
  expect(chooseTool({ run: 'ls' }, [command])?.input).toEqual({ cmd: 'ls' })
})

it('answers with what a format asks for', async () => {
  const schema = { type: 'object', required: ['kind'], properties: { kind: { enum: ['flash', 'pro'] } } }
  const generationConfig = { responseJsonSchema: schema }
  const contents = [{ role: 'user', parts: [{ text: 'BUILD it' }] }]
  const { text } = await ask('/models/m:generateContent', { contents, generationConfig })
  expect(text).toContain('{\\"kind\\":\\"flash\\"}')
})
