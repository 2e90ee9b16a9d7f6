import { Worker } from 'node:worker_threads'
import type { ArtifactProblem } from '../lifecycle/run/run.ts'

/** What the thread found: what is wrong with the text, why it is no JSON, or why the schema can't be compiled. */
export type Finding =
  | { readonly problems: readonly ArtifactProblem[] }
  | { readonly unparsable: string }
  | { readonly uncompilable: string }
  /** It took more time, or more memory, than there is for it. */
  | { readonly tooMuch: true }

/** What a thread is asked: whether a JSON text satisfies a schema, or any text a pattern. Without a text, whether it compiles. */
export interface Task {
  readonly kind: 'schema' | 'pattern'
  /** The schema as JSON, or the pattern. */
  readonly source: string
  readonly text: string | null
}

interface Request {
  readonly id: number
  readonly task: Task
  readonly settle: (finding: Finding) => void
  readonly reject: (error: Error) => void
}

/** What the thread says: that it is there, or what it found. */
type Said = { readonly ready: true } | ({ readonly id: number } & Finding)

const WORKER = new URL('./worker.js', import.meta.url)

/** What one request may take at most. */
export interface ThreadLimits {
  /** In milliseconds; the start of the thread is not counted. Default: 2 s. */
  readonly timeoutMs: number
  /** Memory for a schema and its document, and for the schemas that are kept, in MiB. Default: 128. */
  readonly memoryMb: number
}

const LIMITS: ThreadLimits = { timeoutMs: 2_000, memoryMb: 128 }

/**
 * A thread that applies JSON Schemas, one request after the other, each within its time. A request that takes too much
 * ends the thread; the next one gets a new one. The thread keeps no process alive while it has nothing to do.
 */
export class SchemaThread {
  private worker: Worker | null = null
  private isReady = false
  /** True once the thread has answered: it keeps what it compiled. */
  private isUsed = false
  private readonly waiting: Request[] = []
  private current: Request | null = null
  private timer: NodeJS.Timeout | undefined
  private lastId = 0

  private readonly limits: ThreadLimits

  constructor(limits: Partial<ThreadLimits> = {}) {
    this.limits = { ...LIMITS, ...limits }
  }

  /**
   * Does the task. Rejects where the thread is closed before it has answered: nothing was found out then.
   */
  apply(task: Task): Promise<Finding> {
    return new Promise((settle, reject) => {
      this.waiting.push({ id: ++this.lastId, task, settle, reject })
      this.next()
    })
  }

  /** Ends the thread; what waits is rejected. */
  async close(): Promise<void> {
    const unanswered = [...(this.current ? [this.current] : []), ...this.waiting.splice(0)]
    this.current = null
    for (const { reject } of unanswered) reject(new Error('the validator was closed'))
    await this.end()
  }

  private next(): void {
    if (this.current) return
    this.current = this.waiting.shift() ?? null
    if (!this.current) return
    this.worker ??= this.start()
    this.worker.ref()
    if (this.isReady) this.send(this.current)
  }

  private send({ id, task }: Request): void {
    // an answer that came while this thread was held up is read before it is given up
    const onTime = () => setImmediate(() => this.current?.id === id && this.giveUp())
    this.timer = setTimeout(onTime, this.limits.timeoutMs)
    this.worker?.postMessage({ id, ...task })
  }

  private start(): Worker {
    const resourceLimits = { maxOldGenerationSizeMb: this.limits.memoryMb }
    const worker = new Worker(WORKER, { resourceLimits, execArgv: [] })
    worker.on('message', (said: Said) => {
      if (this.worker === worker) this.listen(said)
    })
    worker.on('error', () => {
      if (this.worker === worker) this.onFailure()
    })
    return worker
  }

  private listen(said: Said): void {
    if ('ready' in said) {
      this.isReady = true
      if (this.current) this.send(this.current)
      return
    }
    const { id, ...finding } = said
    if (this.current?.id === id) this.answer(finding)
  }

  /** It ran out of memory: by this request, where it did nothing else before. */
  private onFailure(): void {
    if (!this.isUsed) return this.giveUp()
    void this.end()
    if (!this.current) return
    this.worker = this.start()
  }

  private giveUp(): void {
    void this.end()
    this.answer({ tooMuch: true })
  }

  private answer(finding: Finding): void {
    clearTimeout(this.timer)
    const { current } = this
    this.current = null
    this.isUsed = true
    this.worker?.unref()
    current?.settle(finding)
    this.next()
  }

  private async end(): Promise<void> {
    clearTimeout(this.timer)
    const { worker } = this
    this.worker = null
    this.isReady = false
    this.isUsed = false
    await worker?.terminate()
  }
}
