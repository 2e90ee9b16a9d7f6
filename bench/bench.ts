import type { BenchCluster } from './benchCluster.ts'
import type { BenchOptions } from './options.ts'
import type { Resources } from './resources.ts'

/** What every part of the benchmark works with. */
export interface Bench {
  readonly options: BenchOptions
  readonly resources: Resources
  readonly cluster: BenchCluster
  /** Says on stderr what is being measured. */
  readonly tell: (what: string) => void
}
