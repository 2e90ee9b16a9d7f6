import { Worker } from 'node:worker_threads'
import type { ArtifactProblem } from '../lifecycle/run.ts'

/** What the thread found: what is wrong with the document, or why the schema can't be compiled. */
export type Finding =
  | { readonly problems: readonly ArtifactProblem[] }
  | { readonly uncompilable: string }
  /** The time was over before the thread answered. */
  | { readonly tooSlow: true }

interface Request {
  readonly id: number
  readonly schema: string
  readonly document: string | null
  readonly settle: (finding: Finding) => void
}

const WORKER = new URL('./worker.js', import.meta.url)
/** How much memory a schema and its document may take together, in MiB. */
const MEMORY_MB = 128

/**
 * A thread that applies JSON Schemas, one request after the other, each within its time. A request that takes longer
 * ends the thread; the next one gets a new one. The thread keeps no process alive.
 */
export class SchemaThread {
  private worker: Worker | null = null
  private readonly waiting: Request[] = []
  private current: Request | null = null
  private timer: NodeJS.Timeout | undefined
  private lastId = 0

  /** @param timeoutMs how long one request may take, in milliseconds */
  constructor(private readonly timeoutMs: number) {}

  /** Applies a schema to a document; without one the schema is compiled only. Both are JSON texts. */
  apply(schema: string, document: string | null): Promise<Finding> {
    return new Promise((settle) => {
      this.waiting.push({ id: ++this.lastId, schema, document, settle })
      this.next()
    })
  }

  /** Ends the thread; what waits is answered as too slow. */
  async close(): Promise<void> {
    const unanswered = [...(this.current ? [this.current] : []), ...this.waiting.splice(0)]
    this.current = null
    for (const { settle } of unanswered) settle({ tooSlow: true })
    await this.end()
  }

  private next(): void {
    if (this.current) return
    const request = this.waiting.shift()
    if (!request) return
    this.current = request
    const { id, schema, document } = request
    this.timer = setTimeout(() => this.giveUp({ tooSlow: true }), this.timeoutMs)
    this.thread().postMessage({ id, schema, document })
  }

  private thread(): Worker {
    if (this.worker) return this.worker
    const worker = new Worker(WORKER, { resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB }, execArgv: [] })
    worker.unref()
    worker.on('message', ({ id, ...finding }: { id: number } & Finding) => {
      if (this.worker === worker && this.current?.id === id) this.answer(finding)
    })
    // out of memory, or out of stack: the document was too much for it
    worker.on('error', () => {
      if (this.worker === worker) this.giveUp({ tooSlow: true })
    })
    this.worker = worker
    return worker
  }

  private giveUp(finding: Finding): void {
    void this.end()
    this.answer(finding)
  }

  private answer(finding: Finding): void {
    clearTimeout(this.timer)
    const { current } = this
    this.current = null
    current?.settle(finding)
    this.next()
  }

  private async end(): Promise<void> {
    clearTimeout(this.timer)
    const { worker } = this
    this.worker = null
    await worker?.terminate()
  }
}
