import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Agent, AgentContext, TurnResult } from '../../adapters/kit/adapter.ts'
import { AgentError, DISCARDED_OUTPUT } from '../../adapters/kit/adapter.ts'
import type { AgentDefinition } from '../../adapters/kit/agentDefinition.ts'
import { describeOther, findInstalledAgent } from '../../adapters/agentVersions.ts'
import type { InstalledAgent } from '../../adapters/agentVersions.ts'
import { nameCredential } from '../../adapters/credentials.ts'
import { orAborted } from '../../adapters/kit/waiting.ts'
import { classifyFailure } from '../../adapters/kit/modelError.ts'
import { inheritEnvironment } from '../../processes/inheritEnvironment.ts'
import { ADAPTERS } from './adapters.ts'

/** One thing that an agent has to be able to do. */
export interface AgentAbility {
  readonly name: 'INSTALLED' | 'BEGINS' | 'ENDS_ITS_TURN' | 'WRITES_A_FILE' | 'ENDS'
  /** Null where it was not tried, since one before it failed. */
  readonly works: boolean | null
}

/** The result of checking an agent. */
export interface AgentCheck {
  readonly installed: InstalledAgent | null
  readonly abilities: readonly AgentAbility[]
  /** What is wrong, and what to do about it. */
  readonly problems: readonly string[]
  /** What is to be known, though it works. */
  readonly remarks: readonly string[]
}

/** How an agent is checked. */
export interface AgentCheckOptions {
  readonly env: NodeJS.ProcessEnv
  /** Further variables that it inherits, besides those of its definition. */
  readonly passEnv: readonly string[]
  /** How long its turn may take, in seconds. */
  readonly seconds: number
  readonly signal: AbortSignal
}

const FILE = 'check.txt'
const WORD = 'pawl'
const PROMPT = `Write the file \`${FILE}\` in the working directory, with the one word ${WORD} in it and nothing else. Then end your turn.\n`

/** How long an agent may take to end when it is told to, in milliseconds. */
const ENDING_TAKES_MS = 10_000

/** Runs an agent once, in a folder of its own that goes afterwards: with its own settings and logins, and without a server. */
export async function checkAgent(
  definition: AgentDefinition,
  options: AgentCheckOptions,
): Promise<AgentCheck> {
  const env = {
    ...inheritEnvironment(options.env, [...options.passEnv, ...definition.passEnv]),
    ...definition.env,
  }
  const installed = await findInstalledAgent(definition.command, env)
  const other = installed && describeOther(installed)
  const remarks = other === null ? [] : [other]
  if (installed === null && definition.adapter !== 'scripted')
    return {
      installed,
      abilities: abilitiesOf({ INSTALLED: false }),
      problems: [`${definition.command[0] ?? ''} is not installed, or not on the PATH`],
      remarks,
    }
  const folder = await mkdtemp(join(tmpdir(), 'pawl-check-'))
  try {
    const { works, problems } = await tryAgent(definition, folder, env, options)
    return { installed, abilities: abilitiesOf({ INSTALLED: true, ...works }), problems, remarks }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Works = Partial<Record<AgentAbility['name'], boolean>>

interface Tried {
  readonly works: Works
  readonly problems: readonly string[]
}

async function tryAgent(
  definition: AgentDefinition,
  folder: string,
  env: Readonly<Record<string, string>>,
  { seconds, signal }: AgentCheckOptions,
): Promise<Tried> {
  const workspace = join(folder, 'workspace')
  await mkdir(workspace)
  const problems: string[] = []
  const works: Works = {}
  const late = AbortSignal.timeout(seconds * 1_000)
  const over = AbortSignal.any([signal, late])
  const opening = ADAPTERS[definition.adapter].open(contextFor(definition, folder, workspace, env))
  try {
    const agent = await orAborted(opening, over)
    await orAborted(agent.send({ key: 'check', text: PROMPT }), over)
    works.BEGINS = true
    const result = await agent.turnOver(over)
    works.ENDS_ITS_TURN = result.failure === null && (result.exit === null || result.exit.exitCode === 0)
    if (!works.ENDS_ITS_TURN) problems.push(describeEnd(result))
    if (result.failure && isAboutLogin(result.failure)) problems.push(askForLogin(definition, env))
    works.WRITES_A_FILE = await hasWritten(join(workspace, FILE))
    if (!works.WRITES_A_FILE && works.ENDS_ITS_TURN)
      problems.push(
        'it ended its turn without the file that it was asked for: see what its mode and permissions allow',
      )
  } catch (error) {
    works[works.BEGINS ? 'ENDS_ITS_TURN' : 'BEGINS'] = false
    if (error instanceof AgentError && isAboutLogin(error)) problems.push(askForLogin(definition, env))
    problems.push(late.aborted ? `it did not end its turn within ${seconds} s` : describeError(error))
  }
  works.ENDS = await endAgent(opening)
  if (!works.ENDS) problems.push('processes of it could not be ended')
  signal.throwIfAborted()
  return { works, problems }
}

/** Ends an agent, also one that is still being opened. Returns false if some of its processes could not be ended. */
async function endAgent(opening: Promise<Agent>): Promise<boolean> {
  const agent = await opening.catch(() => undefined)
  if (agent === undefined) return true
  const hasEnded = await agent.stop({ killAfterMs: ENDING_TAKES_MS, mustKill: () => false }, 'CANCELLED')
  await agent.close()
  return hasEnded
}

function contextFor(
  definition: AgentDefinition,
  folder: string,
  workspace: string,
  env: Readonly<Record<string, string>>,
): AgentContext {
  return {
    definition,
    sessionId: `ses_check_${randomUUID()}`,
    workspace,
    stateDir: join(folder, 'state'),
    keep: [],
    env,
    handle: null,
    output: DISCARDED_OUTPUT,
    recordStart: async () => `exe_check_${randomUUID()}`,
    recordEnd: async () => undefined,
    askPermission: async () => ({ state: 'ALLOWED', approvalId: null, comment: null }),
    saveHandle: async () => undefined,
  }
}

function abilitiesOf(works: Works): AgentAbility[] {
  const names = ['INSTALLED', 'BEGINS', 'ENDS_ITS_TURN', 'WRITES_A_FILE', 'ENDS'] as const
  return names.map((name) => ({ name, works: works[name] ?? null }))
}

async function hasWritten(path: string): Promise<boolean> {
  return existsSync(path) && (await readFile(path, 'utf8')).includes(WORD)
}

/** Whether an error says that the agent's model did not let it in. */
function isAboutLogin({
  code,
  message,
}: {
  readonly code: string | number | null
  readonly message: string
}): boolean {
  const found = classifyFailure({ code, message }, Date.now())?.class
  return code === 'AGENT_NOT_LOGGED_IN' || found === 'AUTH' || found === 'BILLING'
}

function askForLogin(definition: AgentDefinition, env: Readonly<Record<string, string>>): string {
  return `see to ${nameCredential(definition, env)}`
}

function describeEnd({ exit, failure }: TurnResult): string {
  if (failure) return `it ended its turn with an error: ${failure.message}`
  return exit?.signal
    ? `it was ended by ${exit.signal}`
    : `it ended with exit code ${exit?.exitCode ?? 'unknown'}`
}

function describeError(error: unknown): string {
  if (!(error instanceof AgentError)) return String(error)
  return `${error.message} (${error.code}). ${error.hint}`
}
