import type { BenchCluster } from './benchCluster.ts'
import type { BenchOptions } from './options.ts'
import type { Resources } from './resources.ts'

/** Context of every part of the benchmark. */
export interface Bench {
  readonly options: BenchOptions
  readonly resources: Resources
  /** The built command `pawl`. */
  readonly program: string
  readonly cluster: BenchCluster
  /** Violated expectations: the benchmark fails if there are any. */
  readonly problems: string[]
  /** Prints on stderr what is being measured. */
  readonly tell: (what: string) => void
}
