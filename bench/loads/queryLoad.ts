import { ClaimRunDocument, RunsDocument } from '../../sdk/generated/graphql.ts'
import { LEASE_SECONDS, PROJECT } from '../benchWorkflow.ts'
import { expectSuccess } from '../httpClient.ts'
import type { HttpClients } from './httpLoad.ts'
import type { Load } from './load.ts'

/** The first page of the newest runs, as the SDK lists them. */
export function askForList(clients: HttpClients): Load {
  return {
    prepare: async () => undefined,
    act: async (client) => {
      const { runs } = await clients.of(client).ask(RunsDocument, { first: 50 })
      if (runs.edges.length !== 50) throw new Error(`a page of ${runs.edges.length} runs`)
    },
  }
}

/** What a worker asks for that finds the queue empty. */
export function askForNothing(clients: HttpClients): Load {
  return {
    prepare: async () => undefined,
    act: async (client) => {
      const input = {
        owner: 'bench',
        project: PROJECT,
        leaseSeconds: LEASE_SECONDS,
        idempotencyKey: crypto.randomUUID(),
      }
      const { claimRun } = await clients.of(client).ask(ClaimRunDocument, { input })
      if (claimRun.__typename !== 'NothingToClaim') expectSuccess(claimRun, 'ClaimRunSuccess')
    },
  }
}
