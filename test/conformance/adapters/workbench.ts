import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JsonValue } from '@pawl/sdk'
import { expect, onTestFinished } from 'vitest'
import type { Adapter, Agent, AgentContext, ProcessEnd } from '../../../src/adapters/kit/adapter.ts'
import { agentDefinitionSchema } from '../../../src/adapters/kit/agentDefinition.ts'
import type { AgentDefinition } from '../../../src/adapters/kit/agentDefinition.ts'
import type { Entry } from '../../../src/adapters/kit/entry.ts'
import { PlainText } from '../../../src/adapters/transcript/plainText.ts'
import { findByVariable } from '../../../src/processes/processTable.ts'

/** What a definition needs to be told; the rest are defaults. */
export type PartOfDefinition = Partial<AgentDefinition> &
  Pick<AgentDefinition, 'adapter' | 'command' | 'prompt'>

/** A session of an agent, with everything that its owner keeps for it, on this machine alone. */
export interface Workbench {
  readonly folder: string
  readonly workspace: string
  readonly stateDir: string
  readonly definition: AgentDefinition
  /** What was recorded, in order: `start ID` and `end ID`. */
  readonly log: string[]
  readonly ends: Map<string, ProcessEnd>
  /** The pids recorded, the last one last. */
  readonly pids: number[]
  /** The handles kept, the last one last. */
  readonly handles: JsonValue[]
  readonly sessionId: string
  /** The entries it has told, as they came. */
  readonly entries: readonly Entry[]
  /** All that it has put out, as it came. */
  printed(): string
  /** All that it has put out, as a transcript has it. */
  said(): string
  /** Resolves when the output holds this. */
  untilPrinted(text: string): Promise<void>
  context(changed?: Partial<AgentContext>): AgentContext
  /** Opens the agent as the next owner does. */
  open(changed?: Partial<AgentContext>): Promise<Agent>
  /** Every living process of this session's agents. */
  processes(): number[]
}

export const NO_HURRY = { killAfterMs: 20_000, mustKill: () => false }
export const AT_ONCE = { killAfterMs: 0, mustKill: () => true }

let made = 0

/** A folder for a session, which goes with its workbench. */
export const makeFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'pawl-agent-'))

/** Sets a session up. Whatever its agents leave running fails the test, and is ended. */
export async function setUp(adapter: Adapter, part: PartOfDefinition, given?: string): Promise<Workbench> {
  const folder = given ?? (await makeFolder())
  const workspace = join(folder, 'workspace')
  const stateDir = join(folder, 'state')
  await mkdir(workspace)
  const sessionId = `ses_${process.pid}_${(made += 1)}`
  const definition = agentDefinitionSchema.parse(part)
  const { PATH = '', HOME = '' } = process.env
  const bench = { log: [] as string[], ends: new Map<string, ProcessEnd>(), pids: [] as number[] }
  const handles: JsonValue[] = []
  const opened: Agent[] = []
  const entries: Entry[] = []
  const pieces: Buffer[] = []
  let size = 0
  const take = (bytes: Uint8Array) => {
    size += bytes.length
    pieces.push(Buffer.from(bytes))
  }
  const printed = () => {
    const all = Buffer.concat(pieces)
    pieces.splice(0, Infinity, all)
    return all.toString()
  }
  let executions = 0
  const context = (changed: Partial<AgentContext> = {}): AgentContext => ({
    definition,
    sessionId,
    workspace,
    stateDir,
    keep: [],
    env: { PATH, HOME, PAWL_TOKEN: 'pawl_of_this_test', PAWL_RUN_ID: 'run_1' },
    handle: handles.at(-1) ?? null,
    output: {
      startsAt: size,
      hasRoom: true,
      write: take,
      report(entry) {
        entries.push(entry)
        if ('text' in entry) take(Buffer.from(entry.text ?? ''))
      },
      flush: () => undefined,
    },
    recordStart: async ({ pid, handle }) => {
      if (handle !== undefined) handles.push(structuredClone(handle))
      const executionId = `exe_${sessionId}_${(executions += 1)}`
      bench.log.push(`start ${executionId}`)
      bench.pids.push(pid)
      return executionId
    },
    recordEnd: async (executionId, end, handle) => {
      if (handle !== undefined) handles.push(structuredClone(handle))
      bench.log.push(`end ${executionId}`)
      bench.ends.set(executionId, end)
    },
    askPermission: async () => {
      throw new Error('nobody can be asked here')
    },
    saveHandle: async (handle) => void handles.push(structuredClone(handle)),
    ...changed,
  })
  const processes = () => findByVariable('PAWL_SESSION_ID', sessionId).map(({ pid }) => pid)
  onTestFinished(async () => {
    await Promise.all(opened.map((agent) => agent.stop(AT_ONCE, 'CANCELLED')))
    await Promise.all(opened.map((agent) => agent.close()))
    const left = findByVariable('PAWL_SESSION_ID', sessionId)
    for (const { pid } of left) process.kill(pid, 'SIGKILL')
    await rm(folder, { recursive: true, force: true })
    expect(left).toEqual([])
  })
  return {
    ...bench,
    folder,
    workspace,
    stateDir,
    definition,
    handles,
    entries,
    sessionId,
    printed,
    said: () => new PlainText().take(printed()),
    async untilPrinted(text) {
      await until(() => printed().includes(text))
    },
    context,
    async open(changed) {
      const agent = await adapter.open(context(changed))
      opened.push(agent)
      return agent
    },
    processes,
  }
}

/** Resolves when this holds; the test's own limit is the only one. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(10)
}

/** A signal that never aborts. */
export const never = (): AbortSignal => new AbortController().signal
