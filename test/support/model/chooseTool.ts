import { randomUUID } from 'node:crypto'
import { exampleOf, propertiesOf } from './exampleOf.ts'
import type { Use } from './script.ts'

/** A tool that an agent offers to its model. */
export interface Tool {
  readonly name: string
  readonly schema: unknown
  /** Where it takes text instead of JSON. */
  readonly isFreeform?: boolean
  /** The group that a call has to name beside it. */
  readonly namespace?: string
}

/** A call of a tool. */
export interface Call {
  readonly id: string
  readonly tool: Tool
  readonly input: unknown
}

/** What agents name the tools that run a command or write a file, and their arguments. */
const RUNS = ['exec_command', 'shell_command', 'shell', 'run_shell_command', 'Bash', 'bash']
const WRITES = ['write_file', 'Write', 'write']
const COMMAND = ['cmd', 'command']
const PATH = ['file_path', 'filePath', 'absolute_path', 'path']
/** How long a tool that gives up waiting for a command is to wait for it, in milliseconds. */
const PATIENCE = ['yield_time_ms']
const PATIENCE_MS = 120_000
const CONTENT = ['content', 'contents', 'text']
const PLANS = ['update_plan', 'TodoWrite', 'todowrite', 'todo_write', 'write_todos']
/** What stands in a list of steps, and what a step is named there. */
const STEPS = ['plan', 'todos', 'items']
const STEP = ['step', 'content', 'description', 'text']
/** Tools that call one that is not offered until it is searched for. */
const BRIDGES = ['tool_call']
/** How a model says that a command needs a permission. */
const ESCALATED = { sandbox_permissions: 'require_escalated', justification: 'It has to be so.' }

/** The call by which this agent does it; null where it has no tool for that. */
export function chooseTool(use: Use, tools: readonly Tool[]): Call | null {
  if ('tool' in use) {
    const tool =
      tools.find(({ name }) => name === use.tool) ?? tools.find(({ name }) => name.endsWith(use.tool))
    if (tool) return call(tool, use.input)
    const bridge = find(tools, BRIDGES)
    return bridge ? call(bridge, { name: `mcp__pawl__${use.tool}`, arguments: use.input }) : null
  }
  if ('run' in use) return runCommand(use.run, tools, use.asksFirst)
  if ('plan' in use) return makePlan(use.plan, tools)
  const writer = find(tools, WRITES)
  if (writer) return fill(writer, [PATH, use.write], [CONTENT, use.text])
  const patch = tools.find(({ name, isFreeform }) => name === 'apply_patch' && isFreeform)
  if (patch) return call(patch, asPatch(use.write, use.text))
  return runCommand(`printf '%s' ${quote(use.text)} > ${quote(use.write)}`, tools)
}

function runCommand(command: string, tools: readonly Tool[], asksFirst = false): Call | null {
  const tool = find(tools, RUNS)
  if (!tool) return null
  const properties = propertiesOf(tool.schema)
  const argument = COMMAND.find((name) => name in properties) ?? 'command'
  const isList = (properties[argument] as { type?: unknown } | undefined)?.type === 'array'
  const asked = [COMMAND, isList ? ['/bin/sh', '-c', command] : command] as const
  const more = [
    ...PATIENCE.map((name) => [[name], PATIENCE_MS] as const),
    ...(asksFirst ? Object.entries(ESCALATED).map(([name, value]) => [[name], value] as const) : []),
  ]
  return fill(tool, asked, ...more.filter(([[name = '']]) => name in properties))
}

function makePlan(steps: readonly string[], tools: readonly Tool[]): Call | null {
  const tool = find(tools, PLANS)
  if (!tool) return null
  const list = STEPS.find((name) => name in propertiesOf(tool.schema)) ?? 'todos'
  const { items } = (propertiesOf(tool.schema)[list] ?? {}) as { items?: unknown }
  const name = STEP.find((each) => each in propertiesOf(items)) ?? 'content'
  const planned = steps.map((step, at) => ({
    ...(exampleOf(items) as object),
    [name]: step,
    status: at === 0 ? 'in_progress' : 'pending',
  }))
  return fill(tool, [[list], planned])
}

function fill(tool: Tool, ...values: readonly (readonly [names: readonly string[], value: unknown])[]): Call {
  const properties = propertiesOf(tool.schema)
  const given = values.map(([names, value]) => [names.find((name) => name in properties) ?? names[0], value])
  return call(tool, { ...(exampleOf(tool.schema) as object), ...Object.fromEntries(given) })
}

function find(tools: readonly Tool[], names: readonly string[]): Tool | undefined {
  return names.map((name) => tools.find((tool) => tool.name === name)).find(Boolean)
}

const call = (tool: Tool, input: unknown): Call => ({ id: randomUUID().replaceAll('-', ''), tool, input })

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

function asPatch(path: string, text: string): string {
  const added = text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => `+${line}\n`)
    .join('')
  return `*** Begin Patch\n*** Add File: ${path}\n${added}*** End Patch\n`
}
