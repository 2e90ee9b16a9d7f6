import * as g from '../generated/graphql.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import { readAll } from '../request/pages.ts'
import type * as t from '../request/types.ts'

/** The processes that claim runs. */
export class Workers {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /** One page of the workers that may claim runs that you may see, the newest first. */
  async list(page: t.PageFields & CallOptions = {}): Promise<t.Page<t.WorkerInfo>> {
    return this.#requests.query(g.WorkersDocument, page)
  }

  /** Every worker, the newest first, read page by page as the loop continues. */
  all(options: CallOptions = {}): AsyncGenerator<t.WorkerInfo, undefined> {
    return readAll((page) => this.list({ ...options, ...page }))
  }

  /**
   * Says that a worker is there, and what it can do; to be repeated after `repeatInSeconds`. `pawl.worker` does it by
   * itself.
   *
   * Problems: `InvalidInput`, `Forbidden`.
   */
  async announce(fields: t.Fields<g.AnnounceWorkerInput>): Promise<t.AnnounceWorkerResult> {
    return this.#requests.queryWith(g.AnnounceWorkerDocument, fields)
  }
}
