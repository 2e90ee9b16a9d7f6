import type { Pawl, StoredRun } from '@pawl/sdk'
import { usePawl } from '@pawl/sdk/react'
import { useEffect, useState } from 'react'

/** The keys of a workflow's phases, in their order. */
type Phases = readonly string[]

/** Where a run is among the phases of its workflow. */
export interface Progress {
  /** From 1. */
  readonly place: number
  readonly of: number
}

/** What was asked for, by the id of a version of a workflow, which never changes: all columns share it. */
const asked = new WeakMap<Pawl, Map<string, Promise<Phases>>>()

/**
 * How far each shown run has come. Nothing is told of a run that is over, or whose workflow is not known yet.
 *
 * @param shown the runs whose cards are rendered
 */
export function useProgress(shown: readonly StoredRun[]): (run: StoredRun) => Progress | undefined {
  const pawl = usePawl()
  const [known, setKnown] = useState<ReadonlyMap<string, Phases>>(new Map())
  const wanted = shown.filter(({ workflow, settledAt }) => workflow && !settledAt && !known.has(workflow.id))
  const key = wanted.map(({ workflow }) => workflow?.id).join()
  useEffect(() => {
    let isOver = false
    const learn = async (workflowId: string, runId: string) => {
      const phases = await readPhases(pawl, workflowId, runId)
      if (!isOver && phases) setKnown((before) => new Map([...before, [workflowId, phases]]))
    }
    for (const { id, workflow } of wanted) if (workflow) void learn(workflow.id, id)
    return () => {
      isOver = true
    }
    // the key stands for the runs
  }, [pawl, key])
  return ({ workflow, phase, settledAt }) => {
    const phases = settledAt || !workflow ? undefined : known.get(workflow.id)
    const place = phases && phase ? phases.indexOf(phase) + 1 : 0
    return phases && place > 0 && phases.length > 1 ? { place, of: phases.length } : undefined
  }
}

/** The phases of a version of a workflow, by a run of it; undefined if they could not be read, until somebody asks again. */
function readPhases(pawl: Pawl, workflowId: string, runId: string): Promise<Phases | undefined> {
  const all = asked.get(pawl) ?? new Map<string, Promise<Phases>>()
  asked.set(pawl, all)
  const reading = all.get(workflowId) ?? askPhases(pawl, runId)
  all.set(workflowId, reading)
  return reading.catch(() => {
    all.delete(workflowId)
    return undefined
  })
}

async function askPhases(pawl: Pawl, runId: string): Promise<Phases> {
  const { phases } = await pawl.workflows.ofRun(runId)
  return phases.map(({ key }) => key)
}
