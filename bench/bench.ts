import type { BenchCluster } from './benchCluster.ts'
import type { BenchOptions } from './options.ts'
import type { Resources } from './resources.ts'

/** What every part of the benchmark works with. */
export interface Bench {
  readonly options: BenchOptions
  readonly resources: Resources
  /** The command `pawl` as it is published, built for this run. */
  readonly program: string
  readonly cluster: BenchCluster
  /** What was found to be wrong, each with its name: with any of it the run fails. */
  readonly problems: string[]
  /** Says on stderr what is being measured. */
  readonly tell: (what: string) => void
}
