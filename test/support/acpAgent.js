/**
 * An agent for tests that speaks the Agent Client Protocol: `acpAgent.js SCRIPT STATE`. The script is JSON like that of the scripted
 * agent, `{ "rules": [{ "prompt": …, "times": …, "do": [step, …] }], "behaves": { … } }`; STATE is a file that remembers its sessions,
 * and how often each rule was used, from process to process.
 *
 * It imports nothing of the project, nor a library of the protocol: it misbehaves in ways that a library would not let it.
 */
import { spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const [scriptFile, stateFile] = process.argv.slice(2)
/**
 * `behaves`: how it is beside what it is asked to do.
 *
 * - `silentAt`: never answers requests of this method
 * - `refuses`: answers requests of a method with this error, `{ "session/new": { "code": …, "message": … } }`
 * - `version`: of the protocol; `name`: of the agent
 * - `canResume`, `canLoad`, `canSteer`: what it announces, all of it by default
 * - `replaysLate`: goes on replaying after it has answered `session/load`
 * - `forgets`: knows no session of an earlier process
 * - `ignoresCancel`: does not end its turn when it is told to
 * - `modes`: its modes, the first one being that in which it begins
 */
const { rules, behaves = {} } = JSON.parse(readFileSync(scriptFile, 'utf8'))
const {
  canResume = true,
  canLoad = true,
  canSteer = true,
  modes = ['careful', 'free'],
  version = 1,
  name = 'test-agent',
} = behaves

const STUBBORN = `process.on('SIGTERM', () => {}); process.on('SIGHUP', () => {}); setInterval(() => {}, 1000)`

const state = {
  used: {},
  sessions: {},
  ...(existsSync(stateFile) && JSON.parse(readFileSync(stateFile, 'utf8'))),
}
/** Keeps the state in one step: tests read it meanwhile. */
function keep() {
  writeFileSync(`${stateFile}.new`, JSON.stringify(state))
  renameSync(`${stateFile}.new`, stateFile)
}

/** Writes bytes, however long the reader takes over it. */
function print(text) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes, at)
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
    }
  }
}

const send = (message) => print(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)

let nextId = 0
const asked = new Map()
function ask(method, params) {
  const id = `ask-${(nextId += 1)}`
  const answer = new Promise((resolve) => asked.set(id, resolve))
  send({ id, method, params })
  return answer
}

/** The turn under way: its session, and how it is cancelled. */
let turn = null

const update = (sessionId, fields) =>
  send({ method: 'session/update', params: { sessionId, update: fields } })
const say = (sessionId, text) =>
  update(sessionId, { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } })

/** The steps for a prompt; what is used of them is remembered before they are taken. */
function stepsFor(prompt) {
  const index = rules.findIndex(
    (rule, i) =>
      (rule.phase === undefined || prompt.includes(`phase “${rule.phase}”`)) &&
      (rule.prompt === undefined || new RegExp(rule.prompt).test(prompt)) &&
      (state.used[i] ?? 0) < (rule.times ?? Infinity),
  )
  if (index < 0) return [{ say: 'the script has nothing for this prompt' }]
  state.used[index] = (state.used[index] ?? 0) + 1
  keep()
  return rules[index].do
}

/** Runs a command as agents do: in a session of processes of its own, told as the call of a tool. */
function run(sessionId, [program, ...words]) {
  const toolCallId = `call-${(nextId += 1)}`
  update(sessionId, {
    sessionUpdate: 'tool_call',
    toolCallId,
    kind: 'execute',
    title: program,
    status: 'in_progress',
  })
  return new Promise((resolve) => {
    const child = spawn(program, words, { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (piece) => (output += piece))
    child.on('close', () => {
      const content = [{ type: 'content', content: { type: 'text', text: output } }]
      update(sessionId, { sessionUpdate: 'tool_call_update', toolCallId, status: 'completed', content })
      resolve()
    })
  })
}

async function askPermission(sessionId, fields) {
  const { kind = 'execute', title = 'something', options, times = 1, _meta } = fields
  const toolCallId = fields.toolCallId ?? `call-${(nextId += 1)}`
  const params = {
    sessionId: fields.sessionId ?? sessionId,
    toolCall: { toolCallId, kind, title, status: 'pending', ...fields.toolCall },
    options: options ?? [
      { optionId: 'for-ever', name: 'Always', kind: 'allow_always' },
      { optionId: 'yes', name: 'Yes', kind: 'allow_once' },
      { optionId: 'no', name: 'No', kind: 'reject_once' },
    ],
    ...(_meta && { _meta }),
  }
  const answers = await Promise.all(
    Array.from({ length: times }, () => ask('session/request_permission', params)),
  )
  for (const { result, error } of answers)
    say(sessionId, `answered ${error ? error.code : (result.outcome.optionId ?? result.outcome.outcome)}\n`)
}

function flood(sessionId, bytes) {
  const line = `${'all work and no play makes a dull agent '.repeat(25)}\n`
  for (let left = bytes; left > 0; left -= line.length) say(sessionId, line.slice(0, left))
}

function writeTo({ write, text, json, bytes }) {
  const content = Buffer.from(text ?? JSON.stringify(json ?? null, null, 2))
  mkdirSync(dirname(write), { recursive: true })
  writeFileSync(write, bytes === undefined ? content : content.subarray(0, bytes))
}

const never = () => new Promise(() => setInterval(() => undefined, 60_000))

/** Takes a step; what it returns other than undefined ends the turn. */
async function take(step, sessionId, prompt) {
  if ('say' in step) return say(sessionId, `${step.say}\n`)
  if ('echoPrompt' in step) return say(sessionId, prompt)
  if ('remember' in step) return say(sessionId, `${JSON.stringify(state.sessions[sessionId])}\n`)
  if ('write' in step) return writeTo(step)
  if ('remove' in step) return rmSync(step.remove, { recursive: true, force: true })
  if ('sleep' in step) return sleep(step.sleep * 1_000, undefined)
  if ('awaitFile' in step) {
    while (!existsSync(step.awaitFile)) await sleep(20)
    return
  }
  if ('run' in step) return run(sessionId, step.run)
  if ('flood' in step) return flood(sessionId, step.flood)
  if ('ignore' in step) return void process.on(step.ignore, () => undefined)
  if ('fork' in step) {
    const options = { stdio: 'ignore', detached: step.fork === 'session' }
    return void spawn(process.execPath, ['-e', STUBBORN], options).unref()
  }
  if ('deleteWorkspace' in step) return rmSync(process.cwd(), { recursive: true, force: true })
  if ('silence' in step) return never()
  if ('closeOutput' in step) return closeSync(1)
  if ('crash' in step) return void process.kill(process.pid, 'SIGKILL')
  if ('exit' in step) process.exit(step.exit)
  // Of the protocol: what it tells, and how it breaks it.
  if ('think' in step)
    return update(sessionId, {
      sessionUpdate: 'agent_thought_chunk',
      content: { type: 'text', text: step.think },
    })
  if ('update' in step) return update(step.sessionId ?? sessionId, step.update)
  if ('ask' in step) return askPermission(sessionId, step.ask)
  if ('raw' in step) return print(`${step.raw}\n`)
  if ('hugeLine' in step) return print(`${'x'.repeat(step.hugeLine)}\n`)
  if ('wrongAnswer' in step) return send({ id: 4_711, result: { stopReason: 'end_turn' } })
  if ('floodOfRequests' in step) {
    for (let i = 0; i < step.floodOfRequests; i += 1)
      send({
        id: `flood-${i}`,
        method: 'session/request_permission',
        params: { sessionId, toolCall: { toolCallId: 'x' }, options: [] },
      })
    return
  }
  if ('complain' in step) return void process.stderr.write(`${step.complain}\n`)
  if ('stop' in step) return { result: { stopReason: step.stop, ...step.with } }
  if ('error' in step) return { error: step.error }
}

async function answerPrompt({ sessionId, prompt, _meta }) {
  const text = prompt.map((block) => block.text ?? '').join('')
  state.sessions[sessionId].push({ text: text.slice(0, 200), key: _meta?.['pawl.promptKey'] })
  keep()
  for (const step of stepsFor(text)) {
    const ending = await take(step, sessionId, text)
    if (ending) return ending
  }
  return { result: { stopReason: 'end_turn' } }
}

function answerToPrompt(params) {
  return new Promise((resolve) => {
    turn = {
      sessionId: params.sessionId,
      cancel: () => resolve({ result: { stopReason: 'cancelled' } }),
    }
    void answerPrompt(params).then(resolve)
  }).finally(() => (turn = null))
}

const modesOf = () => ({
  currentModeId: modes[0],
  availableModes: modes.map((id) => ({ id, name: id })),
})

function replay(sessionId) {
  for (const { text } of state.sessions[sessionId]) {
    update(sessionId, { sessionUpdate: 'user_message_chunk', content: { type: 'text', text } })
    say(sessionId, `replayed ${text}\n`)
  }
}

/** Notes by which way a session is taken up; the refusal where it is not known. */
function takeUp(sessionId, way) {
  if (!state.sessions[sessionId] || behaves.forgets) return unknownSession(sessionId)
  state.takenUpBy = way
  keep()
  return null
}

const METHODS = {
  initialize: () => ({
    result: {
      protocolVersion: version,
      agentInfo: { name, version: '1.2.3' },
      agentCapabilities: { loadSession: canLoad, sessionCapabilities: canResume ? { resume: {} } : {} },
      _meta: { steering: { supported: canSteer } },
    },
  }),
  'session/new'({ mcpServers, _meta }) {
    const sessionId = `session-${Object.keys(state.sessions).length + 1}`
    state.sessions[sessionId] = []
    Object.assign(state, { mcpServers, meta: _meta })
    keep()
    return { result: { sessionId, modes: modesOf() } }
  },
  'session/resume': ({ sessionId }) =>
    takeUp(sessionId, 'session/resume') ?? { result: { modes: modesOf() } },
  'session/load'({ sessionId }) {
    const refused = takeUp(sessionId, 'session/load')
    if (refused) return refused
    if (behaves.replaysLate) setTimeout(() => replay(sessionId), 150)
    else replay(sessionId)
    return { result: { modes: modesOf() } }
  },
  'session/set_mode'({ modeId }) {
    state.mode = modeId
    keep()
    return { result: {} }
  },
  'session/prompt': answerToPrompt,
  '_session/steering'({ sessionId, prompt }) {
    if (turn?.sessionId !== sessionId) return { result: { outcome: 'promptRequired' } }
    say(sessionId, `heard: ${prompt.map(({ text }) => text).join('')}\n`)
    return { result: { outcome: 'injected' } }
  },
}

const unknownSession = (id) => ({ error: { code: -32_002, message: `Resource not found: ${id}` } })

async function receive({ id, method, params, ...answer }) {
  if (method === undefined) {
    asked.get(id)?.(answer)
    asked.delete(id)
    return
  }
  if (method === 'session/cancel') return behaves.ignoresCancel ? undefined : turn?.cancel()
  if (id === undefined || behaves.silentAt === method) return
  const refusal = behaves.refuses?.[method]
  const call = METHODS[method]
  const answered = refusal
    ? { error: refusal }
    : await (call?.(params) ?? { error: { code: -32_601, message: 'Method not found' } })
  send({ id, ...answered })
}

for await (const line of createInterface({ input: process.stdin })) void receive(JSON.parse(line))
// Not every agent ends when its input does.
if (behaves.staysOn) await never()
process.exit(0)
