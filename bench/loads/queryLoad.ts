import { ClaimRunDocument } from '../../sdk/generated/graphql.ts'
import { LEASE_SECONDS } from '../benchWorkflow.ts'
import { IDLE_PROJECT } from '../history/shape.ts'
import { expectSuccess } from '../httpClient.ts'
import type { HttpClients } from './httpLoad.ts'
import type { Load } from './load.ts'

/** The claim of a worker for whose project nothing is queued. */
export function askForNothing(clients: HttpClients): Load {
  return {
    prepare: async () => undefined,
    act: async (client) => {
      const input = {
        owner: 'bench',
        project: IDLE_PROJECT,
        leaseSeconds: LEASE_SECONDS,
        idempotencyKey: crypto.randomUUID(),
      }
      const { claimRun } = await clients.of(client).ask(ClaimRunDocument, { input })
      if (claimRun.__typename !== 'NothingToClaim') expectSuccess(claimRun, 'ClaimRunSuccess')
    },
  }
}
