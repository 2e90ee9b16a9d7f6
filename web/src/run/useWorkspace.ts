import type { Workspace } from '@pawl/sdk'
import { usePawl } from '@pawl/sdk/react'
import { useEffect, useState } from 'react'
import type { RunData } from '../activity/useRunData.ts'
import { useRunData } from '../activity/useRunData.ts'

/** The workspace of a run, live; null if none is recorded. */
export function useWorkspace(runId: string, revision: number | undefined): RunData<Workspace | null> {
  const pawl = usePawl()
  const read = useRunData<Workspace | null>(`workspace ${runId}`, revision, (pawl, signal) =>
    pawl.workspaces.get(runId, { signal }),
  )
  const [told, setTold] = useState<Workspace>()
  const id = read.value?.id
  useEffect(() => {
    if (id === undefined) return
    const controller = new AbortController()
    const follow = async () => {
      for await (const workspace of pawl.workspaces.watch(id, { signal: controller.signal }))
        setTold(workspace)
    }
    // The next revision of the run loads it again.
    follow().catch(() => {})
    return () => controller.abort()
  }, [pawl, id])
  const value = told && read.value && told.id === read.value.id ? later(told, read.value) : read.value
  return { ...read, value }
}

/** The merge rule: the greater (revision, asOf) wins. */
function later(a: Workspace, b: Workspace): Workspace {
  if (a.revision !== b.revision) return a.revision > b.revision ? a : b
  return Date.parse(a.asOf) >= Date.parse(b.asOf) ? a : b
}
