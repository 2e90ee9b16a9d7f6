import { Client, StreamableHTTPClientTransport, type CallToolResult } from '@modelcontextprotocol/client'
import { createPawl, unwrap } from '@pawl/sdk'
import type { ApprovalKind, Pawl, RunDetail } from '@pawl/sdk'
import type { TestServer } from './server.ts'

/** A refusal in a tool's answer. */
export interface ShownRefusal {
  readonly type: string
  readonly message: string
  readonly advice: readonly string[]
  readonly [field: string]: unknown
}

/** What a tool answered, taken apart. */
export interface Told {
  readonly isError: boolean
  readonly say: string
  readonly result: Readonly<Record<string, unknown>>
  readonly refusal: ShownRefusal | undefined
}

/** A client of the official package, connected over HTTP. The caller closes it. */
export async function connectMcp(
  server: Pick<TestServer, 'url'>,
  token: string,
  mode: 'auto' | 'legacy' = 'legacy',
): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    }),
  )
  return client
}

/** Calls a tool and takes its answer apart. */
export async function callTool(
  client: Client,
  name: string,
  given: Readonly<Record<string, unknown>> = {},
): Promise<Told> {
  return toTold(await client.callTool({ name, arguments: given }))
}

function toTold({ isError = false, content, structuredContent }: CallToolResult): Told {
  const [first] = content
  const { result = {}, refusal } = (structuredContent ?? {}) as Partial<Told>
  return { isError, say: first?.type === 'text' ? first.text : '', result, refusal }
}

/** Runs under a claim of the server's, as a worker has them. */
export class ClaimedRuns {
  readonly admin: Pawl

  constructor(server: TestServer) {
    this.admin = createPawl({ url: server.url, token: server.adminToken })
  }

  /** Starts a run and claims it, as an owner that knows these kinds of questions. Returns it with its agent's token. */
  async start(
    workflow: string,
    kinds: ApprovalKind[] = [],
  ): Promise<{ run: RunDetail; token: string; fence: number }> {
    const started = unwrap(
      await this.admin.runs.start({
        workflow,
        title: `A ${workflow}`,
        claim: { owner: 'w', leaseSeconds: 600, kinds },
      }),
    )
    if (!started.agentToken || !started.lease) throw new Error('the run was not claimed')
    return { run: started.run, token: started.agentToken, fence: started.lease.fence }
  }
}
