import { claimRun } from '../../../src/commands/run/claimRun.ts'
import { deleteRun } from '../../../src/commands/run/deleteRun.ts'
import { resolveRun, type ResolveRun } from '../../../src/commands/run/resolveRun.ts'
import { sweepDue } from '../../../src/commands/sweep.ts'
import { listRemovable, type RetentionAges } from '../../../src/store/run/retention/listRemovable.ts'
import { untilNextDue } from '../../../src/store/run/due/untilNextDue.ts'
import type { Asker } from '../asker.ts'
import type { Question } from '../question.ts'
import { COMMON_LABEL, IDLE_PROJECT, RARE_LABEL } from '../shape.ts'

/** Choosing the run of a command. */
const RESOLVED: readonly Question[] = [
  resolving('resolveRun, the only active one', {}, 'active'),
  resolving('resolveRun, the only active one of a project', { project: IDLE_PROJECT }, 'active'),
  resolving('resolveRun, by its execution', { executionId: `exe_${'1'.padStart(26, '0')}` }, 'page'),
  resolving('resolveRun, by its id', { runId: `run_${'1'.padStart(26, '0')}` }, 'page'),
]

function resolving(name: string, ask: ResolveRun, grows: Question['grows']): Question {
  return {
    name,
    grows,
    ask: async ({ commands, caller }) => {
      await resolveRun(commands, caller, ask)
      return 1
    },
  }
}

/** Claims of queued runs. */
const CLAIMED: readonly Question[] = [
  claiming('claimRun, any', {}),
  claiming('claimRun, of a workflow', { workflows: ['delivery'] }),
  claiming('claimRun, with a label', { labels: [COMMON_LABEL] }),
  claiming('claimRun, with a label that no waiting run has', { labels: [RARE_LABEL] }),
  claiming('claimRun, of a project where nothing waits', { project: IDLE_PROJECT }),
]

function claiming(name: string, which: Partial<Parameters<typeof claimRun>[2]>): Question {
  return {
    name,
    grows: 'active',
    ask: async ({ commands, caller }) => {
      const input = { owner: 'bench', leaseSeconds: 3600, idempotencyKey: crypto.randomUUID(), ...which }
      await claimRun(commands, caller, input)
      return 1
    },
  }
}

/** The runs of a portion: by project and age. */
function removing(name: string, ages: RetentionAges): Question {
  return {
    name,
    grows: 'page',
    ask: async ({ database: { store } }) =>
      (await listRemovable(store.pool, { ages, projects: null, after: null, limit: 21 })).length,
  }
}

const DAY = 86_400

/** The server's timers. */
const SWEPT: readonly Question[] = [
  removing('runs whose content is to be removed', { default: DAY, projects: {} }),
  removing('runs whose content is to be removed, where nothing is old enough', {
    default: 100_000 * DAY,
    projects: { [IDLE_PROJECT]: 200_000 * DAY },
  }),
  {
    name: 'sweep, after nobody kept watch',
    grows: 'active',
    ask: async ({ commands, database: { store } }) => {
      await store.pool.query(`UPDATE installation SET tick_at = clock_timestamp() - interval '1 hour'`)
      await sweepDue(commands)
      return 1
    },
  },
  {
    name: 'sweep, of a lost owner',
    grows: 'active',
    ask: async (asker) => {
      await loseOwner(asker)
      await sweepDue(asker.commands)
      return 1
    },
  },
  {
    name: 'next due',
    grows: 'active',
    ask: async ({ database: { store } }) => {
      await untilNextDue(store.pool)
      return 1
    },
  },
]

/** Expires the lease of a claimed run. */
async function loseOwner({ database: { store } }: Asker): Promise<void> {
  await store.pool.query(`
UPDATE run SET lease_expires_at = clock_timestamp() - interval '1 second'
WHERE id = (SELECT id FROM run WHERE status = 'RUNNING' ORDER BY created_at LIMIT 1)`)
}

const DELETED: Question = {
  name: 'deleteRun',
  grows: 'page',
  ask: async ({ commands, caller, database: { store } }) => {
    const { rows } = await store.pool.query<{ id: string }>(
      `SELECT r.id FROM run r JOIN approval v ON v.run_id = r.id WHERE r.status = 'COMPLETED' ORDER BY r.created_at LIMIT 1`,
    )
    const answer = await deleteRun(commands, caller, {
      runId: rows[0]?.id ?? '',
      idempotencyKey: crypto.randomUUID(),
    })
    if (!answer.ok) throw new Error(`deleteRun answered ${answer.problem.type}`)
    return 1
  },
}

/** Commands, and the server's timers. */
export const COMMANDS: readonly Question[] = [...RESOLVED, ...CLAIMED, ...SWEPT, DELETED]
