import { Worker } from 'node:worker_threads'
import type { ArtifactProblem } from '../lifecycle/run/run.ts'

/** The result of a task: problems of the text, why it is not JSON, or why the schema can't be compiled. */
export type Finding =
  | { readonly problems: readonly ArtifactProblem[] }
  | { readonly unparsable: string }
  | { readonly uncompilable: string }
  /** The task exceeded its time or memory. */
  | { readonly tooMuch: true }

/** A task: check whether a JSON text satisfies a schema, or a text a pattern. Without a text: whether it compiles. */
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

/** A message of the thread: that it is ready, or a result. */
type Said = { readonly ready: true } | ({ readonly id: number } & Finding)

const WORKER = new URL('./worker.js', import.meta.url)

/** Limits of one task. */
export interface ThreadLimits {
  /** In milliseconds, without the start of the thread. Default: 2 s. */
  readonly timeoutMs: number
  /** Memory for a schema, its document and the cached schemas, in MiB. Default: 128. */
  readonly memoryMb: number
}

const LIMITS: ThreadLimits = { timeoutMs: 2_000, memoryMb: 128 }

/**
 * A thread that applies JSON Schemas, one task after the other, each within its limits. A task that exceeds them ends the thread; the
 * next one starts a new thread. An idle thread does not keep the process alive.
 */
export class SchemaThread {
  private worker: Worker | null = null
  private isReady = false
  /** True once the thread has answered: it has compiled schemas cached. */
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
   * Executes a task. Rejects if the thread is closed before it has answered.
   */
  apply(task: Task): Promise<Finding> {
    return new Promise((settle, reject) => {
      this.waiting.push({ id: ++this.lastId, task, settle, reject })
      this.next()
    })
  }

  /** Ends the thread and rejects waiting tasks. */
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
    // an answer that arrived while this thread was busy is read before the task counts as timed out
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

  /** The thread ran out of memory: because of this task, if it is the thread's first. */
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
