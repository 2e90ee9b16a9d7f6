import type { Command } from 'commander'
import type { WorkerInfo } from '@pawl/sdk'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand } from '../kit/options.ts'
import type { Printer } from '../terminal/printer.ts'
import { printTable } from '../terminal/table.ts'
import { formatAge } from '../terminal/times.ts'
import { safeText } from '../terminal/width.ts'

/** `pawl worker list`: who is connected, what they hold and can do, and when they were last heard. */
export function workerListCommand(): Command {
  return createCommand('list', 'list the workers that were heard within a day', ['pawl worker list']).action(
    createAction<CommonOptions>(async (invocation) => {
      const { pawl } = invocation
      const workers: WorkerInfo[] = []
      for await (const worker of pawl.workers.all()) workers.push(worker)
      const { asOf } = await pawl.server()
      return invocation.answer(workers, (printer) => {
        if (workers.length > 0) printWorkers(printer, workers, asOf)
        else invocation.note('no worker was heard within a day; pawl worker starts one')
      })
    }),
  )
}

function printWorkers(printer: Printer, workers: readonly WorkerInfo[], asOf: string): void {
  const rows = workers.map((worker) => [
    paintState(printer, worker.state),
    safeText(worker.name),
    `${worker.heldRunCount} of ${worker.concurrency}`,
    formatAge(worker.heardAt, asOf),
    worker.program === null ? '' : safeText(worker.program),
    describeScope(worker),
    describeAgents(worker),
  ])
  printTable(printer, ['STATE', 'NAME', 'HOLDS', 'HEARD', 'PROGRAM', 'CLAIMS', 'AGENTS'], rows, {
    givesWay: ['PROGRAM', 'CLAIMS'],
  })
  for (const { name, state, problem } of workers)
    if (state === 'NOT_READY' && problem !== null)
      printer.line(printer.colors.yellow(`${safeText(name)}: ${safeText(problem)}`))
}

function paintState({ colors }: Printer, state: WorkerInfo['state']): string {
  if (state === 'READY') return colors.green(state)
  return state === 'STOPPED' ? colors.dim(state) : colors.yellow(state)
}

/** Which runs a worker claims. */
function describeScope({ workflows, labels, projects }: WorkerInfo): string {
  const named = (what: string, list: readonly string[]) =>
    list.length > 0 ? [`${what} ${list.map(safeText).join(', ')}`] : []
  const scope = [
    ...(workflows.length > 0 ? [workflows.map(safeText).join(', ')] : []),
    ...named('labels', labels),
    ...named('of', projects),
  ]
  return scope.join(' ') || 'any'
}

/** Who works for it: `planner codex 0.171.0, default claude-agent-acp`. */
function describeAgents({ agents }: WorkerInfo): string {
  return agents
    .map(({ role, adapter, program, version }) =>
      [role, program ?? adapter, version].filter(Boolean).map(String).map(safeText).join(' '),
    )
    .join(', ')
}
