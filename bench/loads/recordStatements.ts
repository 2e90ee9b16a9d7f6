import { createHash } from 'node:crypto'
import type { Pool, QueryResult } from 'pg'
import { newId } from '../../src/commands/kit/ids.ts'
import type { Operation } from '../../src/lifecycle/run/authority.ts'
import type { Command } from '../../src/lifecycle/run/commandInputs.ts'
import { decide } from '../../src/lifecycle/decide.ts'
import { NO_FAMILY } from '../../src/lifecycle/run/family.ts'
import { nextDueAt } from '../../src/lifecycle/decide/due.ts'
import type { Json, Run } from '../../src/lifecycle/run/run.ts'
import { DEFAULT_SETTINGS } from '../../src/lifecycle/run/settings.ts'
import { draftRun } from '../../src/lifecycle/decide/start.ts'
import { applyDecision, applyDecisions } from '../../src/store/run/applyDecision.ts'
import { loadForDecision } from '../../src/store/run/loadForDecision.ts'
import { loadForStarts } from '../../src/store/run/loadForStart.ts'
import type { Store } from '../../src/store/sql/openStore.ts'
import type { Connection } from '../../src/store/sql/statement.ts'
import type { StoredWorkflow } from '../../src/store/sql/workflowCache.ts'
import { PROJECT } from '../benchWorkflow.ts'

/** A statement as the store sends it, with its values. */
export interface Statement {
  readonly name: string
  readonly text: string
  readonly values: unknown[]
}

const ACTOR = { id: 'prn_bench', name: 'bench', role: 'ADMIN' } as const

/**
 * Executes the commands of one run in memory, by the server's rules, and records the statements that the server would send. Sending them
 * later costs only the database's part of the work.
 */
export class RunRecording {
  #run: Run | undefined
  readonly #store: Store
  readonly #workflow: StoredWorkflow

  constructor(store: Store, workflow: StoredWorkflow) {
    this.#store = store
    this.#workflow = workflow
  }

  /** The run after the statements recorded so far. */
  get run(): Run {
    if (!this.#run) throw new Error('the run was not started')
    return this.#run
  }

  /** The statements that start a run. */
  async start(): Promise<Statement[]> {
    const workflow = this.#workflow
    const { run, events } = draftRun({
      id: newId('run'),
      project: PROJECT,
      workflow,
      title: null,
      input: null,
      labels: [],
      concurrencyKey: null,
      parentId: null,
      detached: false,
      depth: 0,
      continuesId: null,
      chainId: null,
      completedRound: 0,
      now: Date.now(),
      actor: ACTOR,
      newPhaseId: () => newId('phase'),
    })
    this.#run = run
    const key = toKey('startRun', { workflow: workflow.name })
    return record(async (connection) => {
      const { name, version } = workflow
      const lookup = {
        project: PROJECT,
        workflow: name,
        version,
        concurrencyKey: null,
        idempotencyKey: key.key,
      }
      await loadForStarts(connection, this.#store, [lookup])
      const dueAt = nextDueAt(run, workflow.definition, DEFAULT_SETTINGS)
      await applyDecisions(connection, [{ before: null, after: run, events, dueAt, key }])
    })
  }

  /** The statements of a command that the rules must accept: load, then apply. */
  async command(operation: Operation, command: Command): Promise<Statement[]> {
    const before = this.run
    const { definition: workflow } = this.#workflow
    const request = JSON.parse(JSON.stringify({ ...command, runId: before.id })) as Json
    const key = toKey(operation, request)
    const situation = {
      run: before,
      workflow,
      settings: DEFAULT_SETTINGS,
      now: Date.now(),
      kept: null,
      family: NO_FAMILY,
      continuedBy: null,
      newPhaseId: () => newId('phase'),
      newApprovalId: () => newId('approval'),
      sha256: (text: string) => createHash('sha256').update(text).digest('hex'),
    }
    const { result, events, run: after } = decide(situation, command, ACTOR, request)
    if (!result.ok) throw new Error(`${operation} was refused: ${result.problem.type}`)
    this.#run = withLastAttempts(after)
    const dueAt = nextDueAt(after, workflow, DEFAULT_SETTINGS)
    const lookup = { runId: before.id, namedId: null, operation, key: key.key, scope: null }
    return record(async (connection) => {
      await loadForDecision(connection, this.#store, lookup)
      await applyDecision(connection, { before, after, events, until: null, family: NO_FAMILY, dueAt, key })
    })
  }
}

/** Sends statements one after the other; fails if the guard of one does not match. */
export async function send(pool: Pool, statements: readonly Statement[]): Promise<void> {
  for (const statement of statements) {
    const { rows } = await pool.query<{ outcome?: string }>(statement)
    if (statement.name.startsWith('apply-decision') && rows[0]?.outcome !== 'WRITTEN')
      throw new Error('a guard found another revision')
  }
}

/** Loading a run reads only the last attempt of each phase. */
function withLastAttempts(run: Run): Run {
  return { ...run, phases: run.phases.map((phase) => ({ ...phase, history: phase.history.slice(-1) })) }
}

function toKey(operation: Operation, request: Json) {
  return { scope: PROJECT, operation, key: crypto.randomUUID(), request }
}

async function record(act: (connection: Connection) => Promise<unknown>): Promise<Statement[]> {
  const statements: Statement[] = []
  const query = (statement: Statement): Promise<Pick<QueryResult, 'rows'>> => {
    statements.push(statement)
    return Promise.resolve({ rows: [] })
  }
  await act({ query } as unknown as Connection)
  return statements
}
