import type { CommandOf, CommandType } from '../run/commands.ts'
import type { Refusal } from '../run/refusals.ts'
import type { Run } from '../run/run.ts'
import type { Draft, Situation } from '../log/draft.ts'

/** What one rule answers: nothing (it noted what it accepted), that nothing is to change, or a refusal. */
export type Ruling = 'accepted' | 'unchanged' | 'deleted' | Refusal

/** A rule: notes on the draft what it accepts. `before` is the run as it was loaded, before what was due. */
export type Rule<T extends CommandType> = (
  draft: Draft,
  command: CommandOf<T>,
  situation: Situation,
  before: Run,
) => Ruling
