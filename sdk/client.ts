import { Approvals } from './client/approvals.ts'
import { Artifacts } from './client/artifacts.ts'
import { resolveConnection } from './request/connection.ts'
import type { PawlOptions } from './request/connection.ts'
import { Executions } from './client/executions.ts'
import * as g from './generated/graphql.ts'
import { textOf } from './kit/document.ts'
import type { ForeignDocument, TypedDocument } from './kit/document.ts'
import type { LeaseKeeper } from './worker/leaseKeeper.ts'
import type { KeepLeaseFields } from './worker/leaseKeeper.ts'
import { Messages } from './client/messages.ts'
import { Phases, Rounds } from './client/phases.ts'
import { createRequests } from './request/request.ts'
import type { CallOptions, Requests } from './request/request.ts'
import { Runs } from './client/runs.ts'
import { Sessions } from './client/sessions.ts'
import { createSubscribe } from './streams/subscribe.ts'
import { Tokens } from './client/tokens.ts'
import type * as t from './request/types.ts'
import { Worker } from './worker/worker.ts'
import type { WorkerHandler, WorkerOptions } from './worker/worker.ts'
import { Workers } from './client/workers.ts'
import { Workflows } from './client/workflows.ts'
import { Workspaces } from './client/workspaces.ts'

/**
 * Creates a client for one server. It connects on first use and keeps no connection open between calls.
 *
 * @throws PawlError if no address is given and the environment has none; PawlAddressError if the address is malformed.
 */
export function createPawl(options: PawlOptions = {}): Pawl {
  return new Pawl(options)
}

/** The client of one server, with its operations grouped by subject. */
export class Pawl {
  readonly runs: Runs
  readonly phases: Phases
  readonly rounds: Rounds
  readonly executions: Executions
  readonly sessions: Sessions
  readonly artifacts: Artifacts
  readonly approvals: Approvals
  readonly messages: Messages
  readonly workspaces: Workspaces
  readonly workers: Workers
  readonly workflows: Workflows
  readonly tokens: Tokens
  readonly #requests: Requests

  constructor(options: PawlOptions) {
    const connection = resolveConnection(options)
    const requests = createRequests(connection)
    this.#requests = requests
    const streams = { connection, requests, subscribe: createSubscribe(connection) }
    this.runs = new Runs(streams)
    this.phases = new Phases(requests)
    this.rounds = new Rounds(requests)
    this.executions = new Executions(requests)
    this.sessions = new Sessions(streams)
    this.artifacts = new Artifacts(requests)
    this.approvals = new Approvals(streams)
    this.messages = new Messages(requests)
    this.workspaces = new Workspaces(streams)
    this.workers = new Workers(requests)
    this.workflows = new Workflows(requests)
    this.tokens = new Tokens(requests)
  }

  /**
   * Sends a query, or a mutation, of your own. The types come from the document: one of graphql-codegen, gql.tada or
   * another tool that types documents by their result and variables. A mutation that carries no `idempotencyKey` may be
   * applied twice if an answer is lost: pass `retry: { attempts: 1 }` with it, or a key.
   *
   * @throws PawlFault if the document is invalid; PawlAuthError; PawlConnectionError.
   */
  async query<Result, Variables extends object = Record<string, never>>(
    document: (ForeignDocument<Result, Variables> & object) | TypedDocument<Result, Variables>,
    ...[variables, options]: Record<string, never> extends Variables
      ? [variables?: Variables, options?: CallOptions]
      : [variables: Variables, options?: CallOptions]
  ): Promise<Result> {
    return this.#requests.send(textOf(document), variables ?? {}, options)
  }

  /**
   * Applies everything that is due now: lapses of lost owners, timeouts and expiries. With `isDryRun` it only reports
   * them. For ADMIN.
   *
   * Problems: `InvalidInput`, `Forbidden`.
   */
  async sweep(fields: t.Fields<g.SweepInput> = {}): Promise<t.SweepResult> {
    return this.#requests.queryWith(g.SweepDocument, fields)
  }

  /**
   * Removes the content of settled runs beyond an age, one portion at a time: inputs, outputs, texts, transcripts and artifacts. The runs
   * and their logs stay. Unless `isDryRun` is false it only reports. Continue from `pageInfo.endCursor` while there is a next page. For
   * ADMIN.
   *
   * Problems: `InvalidInput`, `Forbidden`.
   */
  async removeContent(fields: t.Fields<g.RemoveContentInput> = {}): Promise<t.RemoveContentResult> {
    return this.#requests.queryWith(g.RemoveContentDocument, fields)
  }

  /** Checks one page of runs against Pawl's guarantees and returns the findings. For ADMIN. */
  async doctor(page: t.PageFields & CallOptions = {}): Promise<t.DoctorReport> {
    return this.#requests.query(g.DoctorDocument, page)
  }

  /** The principal that the token belongs to, and its role. */
  async viewer(options: CallOptions = {}): Promise<t.Viewer> {
    return this.#requests.query(g.ViewerDocument, options)
  }

  /** The server's version and clock. */
  async server(options: CallOptions = {}): Promise<t.ServerInfo> {
    return this.#requests.query(g.ServerDocument, options)
  }

  /**
   * Renews a claim's lease from now on, and aborts `signal` when the owner has to stop. Call `end` when the work is done.
   *
   * @throws PawlError if the lease does not expire
   */
  async keepLease(claim: KeepLeaseFields): Promise<LeaseKeeper> {
    const since = performance.now()
    const loaded = await import('./worker/leaseKeeper.ts')
    return new loaded.LeaseKeeper(this.runs, claim, since)
  }

  /** Starts a worker that claims runs and passes each to the handler until `stop` is called. */
  worker(options: WorkerOptions, handler: WorkerHandler): Worker {
    return new Worker(this, options, handler)
  }
}
